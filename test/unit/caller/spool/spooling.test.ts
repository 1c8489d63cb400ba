import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { Leases } from '../../../../src/caller/queue/leases.ts';
import { MessageQueue } from '../../../../src/caller/queue/message-queue.ts';
import { Accounting } from '../../../../src/caller/settlement/accounting.ts';
import { OnDiskOnly } from '../../../../src/caller/spool/on-disk-only.ts';
import { Spooling } from '../../../../src/caller/spool/spooling.ts';
import { PublishError, SpoolFullError } from '../../../../src/shared/errors.ts';
import { RecordWriter } from '../../../../src/shared/memory/record-writer.ts';
import type { ToWorker } from '../../../../src/shared/protocol.ts';
import { type NumberRun, runFrom } from '../../../../src/shared/sequence-ranges.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { toWire } from '../../../../src/shared/wire-error.ts';
import { type LogLine, noting } from '../../../support/engine-rig.ts';

/** The caller's side of a spool, with `messages` in its queue that are leased `quota` at a time. */
function rig(messages: number, quota = 1) {
  const queue = new MessageQueue({ maxMessages: 100, maxBytes: 2 ** 20 });
  const writer = new RecordWriter();
  for (let index = 0; index < messages; index++) {
    writer.prepare({ value: index });
    queue.append(writer, 0, 0);
  }
  const leases = new Leases(queue, { until: 'written' });
  const posted: ToWorker[] = [];
  const leased: number[] = [];
  const logs: LogLine[] = [];
  const spooling = new Spooling({
    options: {
      directory: join(tmpdir(), `outspool-${randomUUID()}`),
      maxBytes: 2 ** 20,
      syncIntervalMs: 0,
      directRanges: 1,
    },
    producer: 'test',
    queue,
    leases,
    onDiskOnly: new OnDiskOnly(),
    accounting: new Accounting(),
    settlement: { withdraw: () => false, settleRun: () => {} }, // nothing settles here
    life: { isConnected: true },
    times: { recovered: () => {} },
    clock: systemClock,
    logger: noting(logs),
    highWaterMark: 0.8,
    blocks: true,
    post: (message) => void posted.push(message),
    moved: () => {
      if (!spooling.isStuck) for (const { sequence } of leases.take(() => quota)) leased.push(sequence);
    },
  });
  return { queue, leases, posted, leased, logs, spooling };
}

/** Three leases of one message each. */
const taken = (leases: Leases) =>
  leases.take(() => 1).map(({ sequence, count }) => runFrom(sequence, count)) as [NumberRun, NumberRun, NumberRun];

describe('a spool that cannot be written, seen by the caller', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers();
  });
  afterEach(() => clock.restore());

  it('is tried again when every lease has come back that was on its way: later messages do not overtake', () => {
    const { leases, posted, leased, spooling } = rig(3);
    const types = () => posted.map(({ type }) => type);
    const [first, second, third] = taken(leases);
    const unstored = (...runs: NumberRun[]) =>
      spooling.receive({ type: 'unstored', leases: runs, error: toWire(new SpoolFullError('full')) });
    unstored(first);
    clock.tick(5000);
    expect([types(), leased]).to.deep.equal([[], []]);
    unstored(second, third);
    clock.tick(250);
    expect([types(), leased]).to.deep.equal([['resume'], [0, 1, 2]]);
  });
});

describe('what is said of a spool that cannot be written', () => {
  it('is said once, until it can be again', () => {
    const { leases, logs, spooling } = rig(3);
    const [first, second, third] = taken(leases);
    for (const run of [first, second])
      spooling.receive({ type: 'unstored', leases: [run], error: toWire(new Error('no space')) });
    spooling.receive({ type: 'written', leases: 1 });
    spooling.receive({ type: 'unstored', leases: [third], error: toWire(new Error('no space')) });
    expect(logs.map(({ level }) => level)).to.deep.equal(['error', 'info', 'error']);
    spooling.end(new PublishError('over', 'unknown'));
  });
});

describe('what is on disk alone, when its worker is replaced', () => {
  it('waits for the older messages that the dead worker had, as far as they are older', () => {
    const { leases, posted, spooling } = rig(50, 10);
    spooling.receive({ type: 'recovered', messages: [] });
    const ids = leases.all().map(({ slot, from }) => [slot.firstSequence + from, from] as const);
    expect(ids.map(([sequence]) => sequence)).to.deep.equal([0, 10, 20, 30, 40]);
    const onDiskOnly = [10, 30].map((first) => runFrom(first, 10));
    spooling.receive({ type: 'onDiskOnly', leases: onDiskOnly });
    leases.endAll();
    const { handover } = spooling.begin();
    expect(handover).to.deep.equal({
      backlog: [
        [10, 19],
        [30, 39],
      ],
      poison: [],
      readBefore: 0,
      pending: [[0, 49]],
    });
    const feeds = () => posted.flatMap((message) => (message.type === 'feed' ? [message.before] : []));
    spooling.leasedAgain(20);
    spooling.leasedAgain(10);
    expect(feeds()).to.deep.equal([20]);
    expect(spooling.isHolding).to.equal(true);
    spooling.leasedAgain(40);
    expect([feeds(), spooling.isHolding]).to.deep.equal([[20, Infinity], false]);
  });
});
