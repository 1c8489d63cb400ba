import { expect } from 'chai';
import { AttemptMark } from '../../../src/shared/attempt-mark.ts';
import { OutputClosedError, PermanentSendError } from '../../../src/shared/errors.ts';
import { FLAG_REPORT, packedIn } from '../../../src/shared/memory/record.ts';
import type { DeliverySettings, ToCaller } from '../../../src/shared/protocol.ts';
import { SpoolWords } from '../../../src/shared/spool-progress.ts';
import { LoopHost } from '../../../src/worker/loop-host.ts';
import { leaseOf, numbered, slotOf } from '../../support/leases.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

const TOPICS = { topic: 'topic', errorTopic: 'errors' };

const SETTINGS: DeliverySettings = {
  ...TOPICS,
  maxRetries: 0,
  maxResets: Number.POSITIVE_INFINITY,
  backoffMs: 1000,
  connectTimeoutMs: 1000,
  attemptTimeoutMs: 1000,
};

/** Message 3 can never be delivered. */
const script = (value: unknown) => {
  if (value === 3) throw new PermanentSendError('bad');
};

describe('what a worker reports on its messages', () => {
  const directory = temporaryDirectories();

  /** All outcomes of a worker that has got messages 0 to 4, in one lease, and has ended. */
  async function outcomes(spool?: { readonly directRanges: number }) {
    const said: ToCaller[] = [];
    const { shared: words } = new SpoolWords();
    const start = {
      run: 'run',
      settings: SETTINGS,
      attempt: new AttemptMark().shared,
      ...(spool && { spool: { directory: directory(), maxBytes: 2 ** 20, syncIntervalMs: 0, words, ...spool } }),
    };
    const host = new LoopHost(new ScriptedTransport(script), start, (message) => void said.push(message));
    const running = host.run();
    host.receive({ type: 'lease', leases: [leaseOf(slotOf(numbered(5), FLAG_REPORT))] });
    host.receive({ type: 'makeRoom' });
    host.receive({ type: 'drain', end: true });
    await running;
    host.receive({ type: 'closeSpool' });
    const order = said.flatMap(({ type }) => (type === 'delivered' || type === 'permanentlyFailed' ? [type] : []));
    const failed = said.filter((one) => one.type === 'permanentlyFailed');
    const delivered = said.filter((one) => one.type === 'delivered');
    return {
      order,
      failed,
      ranges: delivered.flatMap(({ ranges }) => ranges),
      reports: delivered.flatMap(({ reports }) => reports),
    };
  }

  const valueIn = (record: Uint8Array) => {
    const { records, offset } = packedIn(record);
    return records.decode(offset, TOPICS).json();
  };

  it('has the number of each message, and the range of the lease in whose slot the marks are', async () => {
    const { order, failed, ranges, reports } = await outcomes();
    expect(order).to.deep.equal(['delivered', 'permanentlyFailed', 'delivered']);
    expect(ranges).to.deep.equal([
      [0, 4],
      [0, 4],
    ]);
    expect(reports).to.deep.equal([0, 1, 2, 4].map((sequence) => ({ sequence })));
    expect(failed).to.have.length(1);
    expect(failed[0]).to.include({ sequence: 3 }).and.not.to.have.any.keys('id', 'record');
  });

  it('has the id of a message on disk, and no record while the memory is leased', async () => {
    const { ranges, reports, failed } = await outcomes({ directRanges: 8 });
    expect(ranges.every(([first, last]) => first === 0 && last === 4)).to.equal(true);
    for (const report of [...reports, ...failed]) {
      expect(report.id).to.be.a('string');
      expect(report).not.to.have.property('record');
    }
  });

  it('has the record of a message on disk only, and the runs of those that were delivered', async () => {
    const { order, ranges, reports, failed } = await outcomes({ directRanges: 0 });
    expect(order.slice(0, 2)).to.deep.equal(['delivered', 'permanentlyFailed']);
    expect(ranges).to.deep.equal([
      [0, 2],
      [4, 4],
    ]);
    expect(reports.map(({ sequence, record }) => [sequence, valueIn(record as Uint8Array)])).to.deep.equal(
      [0, 1, 2, 4].map((sequence) => [sequence, sequence]),
    );
    expect([...reports, ...failed].every(({ id }) => typeof id === 'string')).to.equal(true);
    expect(failed.map(({ sequence, record }) => [sequence, valueIn(record as Uint8Array)])).to.deep.equal([[3, 3]]);
  });

  it('has the deliveries before the error that ends the loop', async () => {
    const said: ToCaller[] = [];
    const transport = new ScriptedTransport((value) => {
      if (value === 2) throw new OutputClosedError('gone');
    });
    const start = { run: 'run', settings: SETTINGS, attempt: new AttemptMark().shared };
    const host = new LoopHost(transport, start, (message) => void said.push(message));
    const running = host.run();
    host.receive({ type: 'lease', leases: [leaseOf(slotOf(numbered(5), FLAG_REPORT))] });
    await running;
    const types = said.map(({ type }) => type);
    expect(types.at(-1)).to.equal('failed');
    const reports = said.flatMap((message) => (message.type === 'delivered' ? message.reports : []));
    expect(reports.map(({ sequence }) => sequence)).to.deep.equal([0, 1]);
  });
});
