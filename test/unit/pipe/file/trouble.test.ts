/** The log lines of a source whose file or checkpoint fails and works in turns. */

import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { Trouble } from '../../../../src/pipe/file/trouble.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { LogLines } from '../../../support/log-lines.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const failure = (code: string) => Object.assign(new Error(`${code}: refused`), { code });

/** Outcomes that repeat, in order. Undefined stands for a success. */
const PATTERNS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  'fails and works in turns': ['ENOSPC', undefined],
  'fails with two codes in turns': ['ENOSPC', 'EIO'],
  'fails with many codes in turns': [
    'ENOSPC',
    'EIO',
    'EMFILE',
    'ENFILE',
    'ENOMEM',
    'EAGAIN',
    'ESTALE',
    'EINTR',
    'EDQUOT',
  ],
  'fails with two codes and then works': ['ENOSPC', 'EIO', undefined],
  'fails for long and then works': [...Array<string>(20).fill('ENOSPC'), undefined],
};

describe('the log of a followed file that fails again and again', () => {
  let time: sinon.SinonFakeTimers;
  let log: LogLines;
  let stop: AbortController;
  let trouble: Trouble;

  beforeEach(() => {
    time = fakeClock();
    log = new LogLines();
    stop = new AbortController();
    trouble = new Trouble('writing', { source: 'in', logger: log, clock: systemClock, stop: stop.signal });
  });
  afterEach(() => {
    stop.abort();
    sinon.restore();
    time.restore();
  });

  const happens = (outcome: string | undefined) =>
    outcome === undefined ? trouble.over() : trouble.report(failure(outcome));

  for (const [name, pattern] of Object.entries(PATTERNS))
    for (const everyMs of [SECOND, 10 * SECOND, 10 * MINUTE, 16 * MINUTE])
      it(`is short where it ${name}, an event each ${everyMs / SECOND} s of a day`, () => {
        happens(pattern[0]);
        expect(log.lines, 'the first failure').to.have.length(1);
        for (let index = 1; index * everyMs < DAY; index++) {
          time.tick(everyMs);
          happens(pattern[index % pattern.length]);
        }
        expect(log.lines.length).to.be.below(500);
      });

  it('ends with what was last', () => {
    for (const end of ['works again', 'failed (EIO): retrying']) {
      for (let index = 0; index < 100; index++) happens(index % 2 === 0 ? 'EIO' : undefined);
      if (end !== 'works again') happens('EIO');
      time.tick(MINUTE);
      expect(log.lines.at(-1)?.text).to.include(end);
    }
  });

  it('ends with the last state, whatever the order of codes and successes and the time between them', () => {
    const event = fc.record({
      outcome: fc.constantFrom(undefined, undefined, 'ESTALE', 'EIO', 'EMFILE', 'ENOSPC'),
      pauseMs: fc.constantFrom(0, SECOND, 20 * SECOND, MINUTE, 10 * MINUTE, 16 * MINUTE),
    });
    const property = fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
      time.tick(DAY); // every run begins with a source that has been silent for long
      happens(undefined);
      time.tick(DAY);
      const before = log.lines.length;
      for (const { outcome, pauseMs } of events) {
        happens(outcome);
        time.tick(pauseMs);
      }
      time.tick(DAY);
      const lines = log.lines.slice(before);
      const last = events.at(-1)?.outcome;
      if (last !== undefined) expect(lines.at(-1)?.text).to.include(`failed (${last}): retrying`);
      else if (lines.length > 0) expect(lines.at(-1)?.text).to.include('works again');
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('has no line of an older failure after that of a new one', () => {
    for (const outcome of ['ESTALE', 'EIO', 'ESTALE', undefined]) happens(outcome);
    time.tick(DAY);
    expect(log.lines.map(({ text }) => text.replace(/ \{.*/, ''))).to.deep.equal([
      'writing failed (ESTALE): retrying',
      'writing failed (EIO): retrying',
      'writing works again',
    ]);
  });

  it('has a failure and its end at once where they are rare', () => {
    for (let index = 0; index < 10; index++) {
      happens('EIO');
      happens(undefined);
      expect(log.lines).to.have.length(2 * (index + 1));
      time.tick(16 * MINUTE);
    }
  });

  it('has what is left out when the source stops', () => {
    for (let index = 0; index < 10; index++) happens(index % 2 === 0 ? 'EIO' : undefined);
    expect(log.lines).to.have.length(2);
    stop.abort();
    expect(log.lines.at(-1)?.text).to.include('works again').and.to.include('"leftOut":7');
  });
});
