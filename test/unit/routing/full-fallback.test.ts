import { expect } from 'chai';
import type sinon from 'sinon';
import { PermanentSendError } from '../../../src/shared/errors.ts';
import { type LogLine, noting } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { RoutedRig } from '../../support/routed-rig.ts';

describe('a fallback, or a dead-letter producer, whose queue is full', () => {
  let clock: sinon.SinonFakeTimers;
  let rig: RoutedRig;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(async () => {
    await Promise.all([rig.runtime.shutdown(100), clock.tickAsync(2000)]);
    clock.restore();
  });

  const refuse = () => {
    throw new PermanentSendError('cannot take it');
  };

  /** `a` refuses every message, and `b`, which is to get them, holds what it has until it is let go. */
  async function build(how: 'fallback' | 'dead letter', whenFull: string) {
    const logs: LogLine[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const queue = { queue: { max_messages: 5, when_full: whenFull }, attempt_timeout_seconds: 3600 };
    rig = await RoutedRig.build({
      producers: { a: how === 'fallback' ? {} : { dead_letter: { producer: 'b' } }, b: queue },
      routes: [{ to: ['a'], fallback: how === 'fallback' ? ['b'] : [] }],
      runtime: { logger: noting(logs) },
    });
    rig.script('a', refuse);
    rig.script('b', () => held);
    const of = (producer: string) =>
      logs.filter(({ fields }) => fields.producer === producer).map(({ message }) => message);
    return { logs, of, letGo };
  }

  for (const how of ['fallback', 'dead letter'] as const)
    for (const [whenFull, says] of [
      ['block', 'the queue is full: callers wait'],
      ['reject', 'the queue is full: messages are refused'],
    ] as const)
      it(`${how}, ${whenFull}: says so, nothing is logged as dead-lettered before, and all arrive in order`, async () => {
        const { logs, of, letGo } = await build(how, whenFull);
        for (let value = 0; value < 40; value++) {
          rig.runtime.produce({ value });
          await clock.tickAsync(50);
        }
        expect(rig.producer('a').stats().blockedBy?.by).to.equal('target queue');
        await clock.tickAsync(30_000);
        const taken = rig.producer('b').stats().accepted;
        expect(taken).to.equal(5);
        expect(of('b')).to.include(says);
        const counted = logs
          .filter(({ message }) => message === 'message dead-lettered')
          .reduce((sum, { fields }) => sum + 1 + Number(fields.leftOut ?? 0), 0);
        expect(counted).to.equal(taken);
        expect(rig.producer('a').stats().blockedBy?.by).to.equal('target queue');
        const failed = logs.find(({ message }) => message === 'the dead-letter target failed');
        expect(failed?.fields).to.include({ producer: 'a', blockedBy: 'target queue' });
        letGo();
        await clock.tickAsync(30_000);
        expect(rig.values('b')).to.deep.equal(Array.from({ length: 40 }, (_, index) => index));
        expect(rig.producer('a').stats()).to.include({ deadLettered: 40, pending: 0, blockedBy: undefined });
        expect(of('b')).to.include('the queue has capacity again');
      });

  for (const whenFull of ['drop_oldest', 'drop_newest'])
    it(`${whenFull}: says that messages are dropped`, async () => {
      const { of } = await build('dead letter', whenFull);
      for (let value = 0; value < 40; value++) rig.runtime.produce({ value });
      await clock.tickAsync(100);
      expect(of('b')).to.include('the queue is full: messages are dropped');
    });

  it('block: callers that wait for less than a second are no news', async () => {
    const { of, letGo } = await build('dead letter', 'block');
    for (let value = 0; value < 10; value++) rig.runtime.produce({ value });
    await clock.tickAsync(900);
    letGo();
    await clock.tickAsync(5000);
    expect(of('b').join()).to.not.include('full');
  });
});
