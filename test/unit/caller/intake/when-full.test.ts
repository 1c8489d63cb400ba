import { expect } from 'chai';
import type sinon from 'sinon';
import { ProducerClosedError, PublishError, QueueFullError } from '../../../../src/shared/errors.ts';
import { EngineRig, HeldTransport } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

describe('a full queue', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('it did not fail'),
      (reason: Error) => reason,
    );

  /** Three messages fit; the first is in flight, the others wait. */
  async function full(whenFull: 'reject' | 'block' | 'drop_newest' | 'drop_oldest') {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport, { whenFull, maxMessages: 3 });
    rig.produce(0);
    await clock.tickAsync(1);
    return { rig, transport };
  }

  it('reject: produce and enqueue refuse, and what was refused was never accepted', async () => {
    const { rig } = await full('reject');
    rig.produce(1, 2);
    expect(() => rig.produce(3)).to.throw(QueueFullError);
    expect(await failure(rig.enqueue(4))).to.be.instanceOf(QueueFullError);
    expect(rig.engine.stats()).to.include({ accepted: 3, pending: 3, dropped: 0 });
  });

  it('reject: enqueue never waits, also where others wait for capacity', async () => {
    const rig = new EngineRig(new HeldTransport(), { whenFull: 'reject', maxMessages: 10 });
    rig.produce(...Array(9).keys());
    const waiting = rig.engine.waitForRoom({ timeout: 1000 });
    const outcomes: Record<number, string> = {};
    for (const value of [9, 10])
      rig.enqueue(value).then(
        () => Object.assign(outcomes, { [value]: 'accepted' }),
        ({ name }: Error) => Object.assign(outcomes, { [value]: name }),
      );
    await clock.tickAsync(1);
    expect(outcomes).to.deep.equal({ 9: 'accepted', 10: 'QueueFullError' });
    await clock.tickAsync(1000);
    expect(await waiting).to.equal(false);
  });

  it('block: produce, which cannot wait, refuses; enqueue waits its turn', async () => {
    const { rig, transport } = await full('block');
    rig.produce(1, 2);
    expect(() => rig.produce(3)).to.throw(QueueFullError, 'waitForRoom');
    const order: number[] = [];
    for (const value of [3, 4, 5]) void rig.enqueue(value).then(() => order.push(value));
    await clock.tickAsync(100);
    expect(order).to.deep.equal([]);
    transport.release();
    await clock.tickAsync(100);
    expect(order).to.deep.equal([3, 4, 5]);
    expect(transport.delivered).to.deep.equal([0, 1, 2, 3, 4, 5]);
  });

  it('block: where the first that waits gives up, those behind it take what room there is for them', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport, { maxBytes: 128 * 1024 });
    const wait = (size: number, timeout: number) =>
      rig.engine.acceptWhenRoom({ value: 'x'.repeat(size) }, { isError: false, report: false }, { timeout });
    rig.produce(0);
    await clock.tickAsync(1);
    const large = failure(wait(100 * 1024, 1000));
    let isTaken = false;
    void wait(10, 60_000).then(() => {
      isTaken = true;
    });
    await clock.tickAsync(999);
    expect(isTaken).to.equal(false);
    await clock.tickAsync(2);
    expect(await large).to.be.instanceOf(QueueFullError);
    expect(isTaken).to.equal(true);
  });

  it('block: what was enqueued is what it was at the call, not what it is when there is room', async () => {
    const { rig, transport } = await full('block');
    rig.produce(1, 2);
    const message = { value: 'before' };
    void rig.engine.acceptWhenRoom(message, { isError: false, report: false }, {});
    message.value = 'after';
    transport.release();
    await clock.tickAsync(100);
    expect(transport.delivered.at(-1)).to.equal('before');
  });

  it('block: a wait ends at its deadline, at its signal, or with the producer', async () => {
    const { rig } = await full('block');
    rig.produce(1, 2);
    const abort = new AbortController();
    const waits = [rig.enqueue(3, { timeout: 50 }), rig.enqueue(4, { signal: abort.signal }), rig.enqueue(5)];
    const ends = Promise.allSettled(waits);
    await clock.tickAsync(50);
    abort.abort();
    void rig.engine.shutdown(100);
    await clock.tickAsync(1000);
    const errors = (await ends).map((end) => (end as PromiseRejectedResult).reason.constructor);
    expect(errors).to.deep.equal([QueueFullError, PublishError, ProducerClosedError]);
  });

  it('drop_newest: the newcomer is accepted and dropped', async () => {
    const { rig, transport } = await full('drop_newest');
    rig.produce(1, 2, 3);
    expect(rig.engine.stats()).to.include({ accepted: 4, pending: 3, dropped: 1 });
    transport.release();
    await clock.tickAsync(100);
    expect(transport.delivered).to.deep.equal([0, 1, 2]);
  });

  it('drop_oldest: the oldest that is not leased makes room', async () => {
    const { rig, transport } = await full('drop_oldest');
    rig.produce(1, 2, 3, 4);
    expect(rig.engine.stats()).to.include({ accepted: 5, pending: 3, dropped: 2 });
    transport.release();
    await clock.tickAsync(100);
    expect(transport.delivered).to.deep.equal([0, 3, 4]);
  });

  it('drop_oldest: a flush ends when the last message that it waits for makes room for a newer one', async () => {
    const transport = new ScriptedTransport();
    transport.onConnect = () => new Promise(() => {});
    const rig = new EngineRig(transport, { whenFull: 'drop_oldest', maxMessages: 2 });
    rig.produce(1, 2);
    let left: number | undefined;
    void rig.engine.flush({ timeout: 60_000 }).then(({ remaining }) => {
      left = remaining;
    });
    await clock.tickAsync(1);
    rig.produce(3);
    await clock.tickAsync(1);
    expect(left).to.equal(undefined);
    rig.produce(4);
    await clock.tickAsync(1);
    expect(left).to.equal(0);
  });

  it('drop_oldest: where all are leased, the newcomer is dropped', async () => {
    const { rig, transport } = await full('drop_oldest');
    rig.produce(1, 2);
    await clock.tickAsync(1);
    rig.produce(3);
    expect(rig.engine.stats()).to.include({ accepted: 4, pending: 3, dropped: 1 });
    transport.release();
    await clock.tickAsync(100);
    expect(transport.delivered).to.deep.equal([0, 1, 2]);
  });

  it('a send that is dropped says so', async () => {
    const { rig } = await full('drop_newest');
    rig.produce(1, 2);
    const error = await failure(rig.engine.send({ value: 3 }, { isError: false }, {}));
    expect(error).to.be.instanceOf(PublishError).and.include({ outcome: 'dropped' });
  });

  it('bounds the bytes that are really held, and takes none back before a slot is free', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport, { whenFull: 'reject', maxBytes: 64 * 1024 });
    const value = 'x'.repeat(1000);
    let accepted = 0;
    try {
      for (;;) accepted += rig.produce(value) ?? 1;
    } catch (error) {
      expect(error).to.be.instanceOf(QueueFullError);
    }
    expect(accepted).to.be.within(32, 62);
    await clock.tickAsync(10);
    transport.release();
    await clock.tickAsync(100);
    rig.produce(value);
    expect(rig.engine.stats().pending).to.equal(1);
  });

  it('produce answers false above the high-water mark, and waitForRoom says when it is below', async () => {
    const transport = new HeldTransport();
    const rig = new EngineRig(transport, { maxMessages: 10, highWaterMark: 0.5 });
    const answers = [0, 1, 2, 3, 4, 5].map((value) => rig.engine.accept({ value }, { isError: false, report: false }));
    expect(answers).to.deep.equal([true, true, true, true, false, false]);
    const inVain = rig.engine.waitForRoom({ timeout: 50 });
    await clock.tickAsync(50);
    expect(await inVain).to.equal(false);
    const room = rig.engine.waitForRoom({});
    transport.release();
    await clock.tickAsync(10);
    expect(await room).to.equal(true);
  });
});
