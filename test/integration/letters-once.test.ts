import { expect } from 'chai';
import { PermanentSendError } from '../../src/shared/errors.ts';
import { RoutedRig } from '../support/routed-rig.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { until } from '../support/until.ts';

describe('letters for a producer that accepts what is on its disk, and whose queue is small', () => {
  const directory = temporaryDirectories();

  it('are accepted once each, in order, although some are refused meanwhile', async () => {
    const queue = { max_messages: 10, when_full: 'reject', spool: { path: directory() } };
    const rig = await RoutedRig.build({
      producers: { a: { dead_letter: { producer: 'b' } }, b: { queue } },
      routes: [{ to: ['a'] }],
    });
    rig.script('a', () => {
      throw new PermanentSendError('cannot take it');
    });
    for (let value = 0; value < 15; value++) rig.runtime.produce({ value });
    await until(() => rig.producer('a').stats().pending === 0);
    await rig.runtime.shutdown(60_000);
    expect(rig.values('b')).to.deep.equal(Array.from({ length: 15 }, (_, index) => index));
    expect(rig.producer('a').stats()).to.include({ deadLettered: 15, undelivered: 0 });
  });
});
