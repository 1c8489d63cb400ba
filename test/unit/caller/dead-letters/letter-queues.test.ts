import { expect } from 'chai';
import { DeadLetters } from '../../../../src/caller/dead-letters/dead-letters.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { type Deferred, deferred } from '../../../../src/shared/util/deferred.ts';
import { letterOf } from '../../../support/letters.ts';
import { quiet } from '../../../support/quiet.ts';

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await undefined;
};

describe('a letter that comes while the last ones of its target are being taken', () => {
  for (let count = 0; count < 12; count++)
    it(`is not lost to the end of the producer: ${count} turns after the first answer`, async () => {
      const stop = new AbortController();
      const answers: Deferred<void>[] = [];
      const target = () => {
        const answer = deferred();
        answers.push(answer);
        return answer.promise;
      };
      const letters = new DeadLetters({ target, logger: quiet, clock: systemClock, stop: stop.signal });
      const first = [letters.take(letterOf()), letters.take(letterOf())];
      answers[0]?.resolve();
      const last = turns(count).then(() => letters.take(letterOf())); // between what the two answers lead to
      answers[1]?.resolve();
      expect(await Promise.all(first)).to.deep.equal(['deadLettered', 'deadLettered']);
      stop.abort();
      expect(await last).to.equal(undefined);
    });
});
