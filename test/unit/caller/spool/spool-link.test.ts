import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import sinon from 'sinon';
import type { DeadLetterTarget } from '../../../../src/caller/dead-letters/dead-letter.ts';
import { Leases } from '../../../../src/caller/queue/leases.ts';
import { AttemptMark } from '../../../../src/shared/attempt-mark.ts';
import { type PublishError, SpoolFullError } from '../../../../src/shared/errors.ts';
import type { FailedMessage, LeaseMessage } from '../../../../src/shared/protocol.ts';
import { deferred } from '../../../../src/shared/util/deferred.ts';
import { toWire } from '../../../../src/shared/wire-error.ts';
import { Spool } from '../../../../src/spool/spool.ts';
import { LeasedRange } from '../../../../src/worker/delivery/leased-range.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { slotOf } from '../../../support/leases.ts';
import { SilentHost } from '../../../support/silent-host.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

describe('a producer and the spool of its worker', () => {
  const directory = temporaryDirectories();

  /** Its worker has opened the spool, in which there is nothing. */
  function rig(maxMessages = 100, deadLetter?: DeadLetterTarget) {
    const hosts: SilentHost[] = [];
    const options = { directory: directory(), maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 8 };
    const { engine, logs } = new EngineRig(undefined, {
      spool: options,
      maxMessages,
      deadLetter,
      whenFull: 'drop_oldest',
      createHost: (start, callbacks) => {
        const host = new SilentHost(start, callbacks);
        hosts.push(host);
        return host;
      },
    });
    const produce = async (...values: number[]) => {
      for (const value of values) engine.accept({ value }, { isError: false, report: false });
      await Promise.resolve();
    };
    return { engine, logs, produce, host: (index: number) => hosts[index] as SilentHost };
  }

  /** What the worker does before it says anything: the first `written` messages are on disk. */
  function open(host: SilentHost, written: number): void {
    host.words.base = 0;
    host.words.written = written;
    host.say({ type: 'recovered', messages: [] });
  }

  /** The packed message with this value. */
  const recordOf = (value: number) => {
    const { shared } = slotOf([{ value }]);
    return new LeasedRange({ shared, from: 0, count: 1, sequence: 0 }).record(0);
  };

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('it did not fail'),
      (reason: PublishError) => reason,
    );

  /** A message whose caller waits, and which is on disk and nowhere else. */
  async function onDiskAlone() {
    const { engine, host } = rig();
    const sent = failure(engine.send({ value: 0 }, { isError: false }, { timeout: Infinity }));
    await Promise.resolve();
    open(host(0), 1);
    host(0).say({ type: 'written', leases: 1 });
    host(0).say({ type: 'onDiskOnly', leases: host(0).leases });
    return { engine, host, sent };
  }

  it('drops for a newer message what waits for a worker, and never what is on disk', async () => {
    const { engine, produce, host } = rig(3);
    await produce(0, 1);
    open(host(0), 2);
    host(0).die();
    await produce(2, 3);
    expect(engine.stats()).to.include({ accepted: 4, dropped: 1, pending: 3 });
    await produce(4);
    expect(engine.stats()).to.include({ accepted: 5, dropped: 2, pending: 3, queued: 3 });
    expect((await engine.shutdown(0)).spooled).to.equal(2);
  });

  it('tells whoever waits for the disk that the message was dropped before it was there', async () => {
    const { engine, produce, host } = rig(2);
    await produce(0);
    open(host(0), 1);
    host(0).die();
    const enqueued = failure(
      engine.acceptWhenRoom({ value: 1 }, { isError: false, report: false }, { timeout: Infinity }),
    );
    await produce(2);
    expect(await enqueued).to.include({ outcome: 'dropped' });
    await engine.shutdown(0);
  });

  it('tells a replacement what has not settled: all else in the spool has', async () => {
    const { engine, produce, host } = rig();
    await produce(0, 1, 2);
    open(host(0), 3);
    const sent = failure(engine.send({ value: 3 }, { isError: false }, { timeout: 1 }));
    host(0).die();
    await sent; // while there was no worker
    await engine.flush({ timeout: 1 });
    expect(host(1).start.spool?.handover).to.deep.include({ pending: [[0, 2]] });
    await engine.shutdown(0);
  });

  it('takes back that nothing more comes when the worker gives leases back in the last pass', async () => {
    const { engine, produce, host } = rig();
    await produce(0);
    open(host(0), 0);
    const ending = engine.shutdown(300);
    const drains = () => host(0).heard.flatMap((message) => (message.type === 'drain' ? [message.end] : []));
    expect(drains()).to.deep.equal([true]);
    host(0).say({ type: 'unstored', leases: host(0).leases, error: toWire(new Error('full')) });
    expect(drains()).to.deep.equal([true, false]);
    await ending;
  });

  it('tells whoever waits for a message on disk alone that it is there, when the producer ends', async () => {
    const { engine, sent } = await onDiskAlone();
    expect((await engine.shutdown(0)).spooled).to.equal(1);
    expect(await sent).to.include({ outcome: 'spooled' });
  });

  it('ends the wait for a delivered message whose report was lost with its worker', async () => {
    const { engine, host, sent } = await onDiskAlone();
    host(0).die();
    await engine.flush({ timeout: 1 });
    host(1).say({ type: 'delivered', ranges: [[0, 0]], reports: [] }); // it finds in the spool that the message has settled
    expect(engine.stats()).to.include({ delivered: 1, pending: 0 });
    const state = await Promise.race([sent, turn('open')]);
    expect(state)
      .to.include({ outcome: 'unknown' })
      .with.property('message')
      .that.equals('the message was delivered, but there is no report on it: it was lost when the worker died');
    expect(await engine.shutdown(0)).to.include({ delivered: 1, spooled: 0 });
  });

  it('leaves the wait for a message whose dead letter is pending when its lease is reported again', async () => {
    const accepted = deferred();
    const { engine, produce, host } = rig(100, () => accepted.promise);
    const sent = failure(engine.send({ value: 0 }, { isError: false }, { timeout: Infinity }));
    await produce(1);
    open(host(0), 2);
    const [lease] = host(0).heard.flatMap((message) => (message.type === 'lease' ? message.leases : []));
    new LeasedRange(lease as LeaseMessage).settle(1, 'delivered');
    host(0).say({ type: 'permanentlyFailed', sequence: 0, attempts: [{ at: 0, error: toWire(new Error('bad')) }] });
    for (const _ of ['the lease is over', 'it is over already'])
      host(0).say({ type: 'delivered', ranges: [[0, 1]], reports: [] });
    expect(engine.stats()).to.include({ delivered: 1, pending: 1 });
    accepted.resolve();
    expect(await sent).to.include({ outcome: 'dead_lettered' });
    await engine.shutdown(0);
  });

  /** Message 0 is on disk only. */
  async function onDiskOnly(deadLetter?: DeadLetterTarget) {
    const { produce, ...rest } = rig(100, deadLetter);
    await produce(0);
    open(rest.host(0), 1);
    rest.host(0).say({ type: 'written', leases: 1 });
    rest.host(0).say({ type: 'onDiskOnly', leases: rest.host(0).leases });
    return { produce, ...rest };
  }

  const attempts = [{ at: 0, error: toWire(new Error('bad')) }];
  const failed = () => ({ type: 'permanentlyFailed', sequence: 0, record: recordOf(0), attempts }) as const;

  it('looks through no leases for a failed message that is on disk only', async () => {
    const { engine, host } = await onDiskOnly(async () => {});
    const holding = sinon.spy(Leases.prototype, 'holding');
    host(0).say(failed());
    await turn();
    expect(engine.stats()).to.include({ deadLettered: 1, pending: 0 });
    expect(holding.called).to.equal(false);
    holding.restore();
    await engine.shutdown(0);
  });

  it('makes no dead letter of a message that has settled', async () => {
    const letters: unknown[] = [];
    const { engine, host } = await onDiskOnly(async (letter) => void letters.push(letter));
    host(0).say({ type: 'delivered', ranges: [[0, 0]], reports: [] });
    host(0).say(failed());
    await turn();
    expect(letters).to.deep.equal([]);
    expect(await engine.shutdown(0)).to.include({ delivered: 1, deadLettered: 0 });
  });

  it('logs no drop after its end of a message that it counted as spooled', async () => {
    const { engine, host, logs } = await onDiskOnly();
    host(0).onTerminate = () => new Promise(() => {}); // its thread is left to end by itself
    expect(await engine.shutdown(10)).to.include({ spooled: 1, dropped: 0 });
    const before = logs.length;
    host(0).say(failed());
    await turn();
    expect(logs.slice(before)).to.deep.equal([]);
  });

  for (const [when, ms] of [
    ['while the spool is being closed', 100],
    ['while the worker ends without closing the spool', 0],
  ] as const)
    it(`counts as spooled what a dead-letter target accepts ${when}`, async () => {
      const accepted = deferred();
      const { engine, host } = await onDiskOnly(() => accepted.promise);
      host(0).say(failed());
      host(0).onTerminate = async () => {
        accepted.resolve();
        await turn();
      };
      expect(await engine.shutdown(ms)).to.include({ deadLettered: 0, spooled: 1 });
    });

  it('tells whoever waits for one that cannot be read any more', async () => {
    const { engine, host } = rig();
    const sent = failure(engine.send({ value: 0 }, { isError: false }, { timeout: Infinity }));
    await Promise.resolve();
    open(host(0), 1);
    host(0).say({ type: 'onDiskOnly', leases: host(0).leases });
    host(0).say({ type: 'lost', messages: [[0, 0]] });
    expect(await sent).to.include({ outcome: 'dropped' });
    await engine.shutdown(0);
  });

  it('ends soon where the last message could not be written and was refused to its caller', async () => {
    const options = { directory: directory(), maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 8 };
    const rig = new EngineRig(undefined, { spool: options, whenFull: 'reject' });
    await rig.enqueue(0);
    const append = sinon.stub(Spool.prototype, 'append').throws(new SpoolFullError('full'));
    try {
      await failure(rig.enqueue(1));
    } finally {
      append.restore();
    }
    expect(await rig.engine.shutdown(10_000)).to.include({ delivered: 1, undelivered: 0, timedOut: false });
  });

  it('settles messages on disk only once, by report or by range, whichever comes first', async () => {
    const { engine, produce, host } = rig();
    const sent = engine.send({ value: 0 }, { isError: false }, { timeout: Infinity });
    await produce(1, 2);
    open(host(0), 3);
    host(0).say({ type: 'onDiskOnly', leases: host(0).leases });
    const report = { sequence: 0, record: recordOf(0), id: 'salt-0', partition: 1, offset: 7 };
    host(0).say({ type: 'delivered', ranges: [], reports: [report] });
    const { message, ...rest } = await sent;
    expect(rest).to.include({ partition: 1, offset: 7, timestamp: null, latencyMs: null });
    expect([message.json(), message.id]).to.deep.equal([0, 'salt-0']);
    expect(engine.stats()).to.include({ delivered: 1, pending: 2 });
    host(0).say({ type: 'delivered', ranges: [[0, 2]], reports: [report] });
    expect(engine.stats()).to.include({ delivered: 3, pending: 0 });
    await engine.shutdown(0);
  });

  it('has a message on disk only that has killed four workers read by the fifth, which need not attempt it', async () => {
    const letter = deferred();
    const { engine, produce, host } = rig(100, () => letter.promise);
    await produce(0, 1);
    open(host(0), 2);
    host(0).say({ type: 'onDiskOnly', leases: host(0).leases });
    const dies = async (index: number) => {
      new AttemptMark(host(index).start.attempt).begin(0);
      host(index).die();
      await engine.flush({ timeout: 1 }); // hurries the next one
      return host(index + 1).start.spool?.handover;
    };
    const handovers = [await dies(0), await dies(1), await dies(2), await dies(3)];
    const poison = handovers.map((handover) => handover?.poison.map(({ sequence }) => sequence));
    expect(poison).to.deep.equal([[], [], [], [0]]);
    host(4).say({ type: 'permanentlyFailed', ...(handovers[3]?.poison[0] as FailedMessage), record: recordOf(0) });
    expect(await dies(4)).to.deep.include({ backlog: [[1, 1]], poison: [], pending: [[0, 1]] });
    letter.resolve();
    await turn();
    expect(engine.stats()).to.include({ deadLettered: 1, pending: 1 });
    await engine.shutdown(0);
  });

  it('ends when a dead letter has been taken whose message has settled before', async () => {
    const letter = deferred();
    const { engine, produce, host } = rig(100, () => letter.promise);
    await produce(0);
    open(host(0), 1);
    host(0).say({ type: 'onDiskOnly', leases: host(0).leases });
    host(0).say({
      type: 'permanentlyFailed',
      sequence: 0,
      record: recordOf(0),
      attempts: [{ at: 0, error: toWire(new Error('bad')) }],
    });
    host(0).say({ type: 'lost', messages: [[0, 0]] });
    const ending = engine.shutdown(10_000);
    host(0).say({ type: 'closed' });
    await turn();
    letter.resolve();
    expect(await ending).to.include({ dropped: 1, deadLettered: 0, timedOut: false });
  });
});
