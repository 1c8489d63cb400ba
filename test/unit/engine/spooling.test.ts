import { expect } from 'chai';
import sinon from 'sinon';
import { Accounting } from '../../../src/engine/accounting.ts';
import { Leases } from '../../../src/engine/leases.ts';
import { Spooling } from '../../../src/engine/spooling.ts';
import { SpoolFullError } from '../../../src/errors.ts';
import { MessageQueue } from '../../../src/queue/message-queue.ts';
import { RecordWriter } from '../../../src/queue/record-writer.ts';
import { toWire } from '../../../src/wire-error.ts';
import type { ToWorker } from '../../../src/worker/protocol.ts';
import { quiet } from '../../support/quiet.ts';

describe('a spool that cannot be written, seen by the caller', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers();
  });
  afterEach(() => clock.restore());

  it('is tried again when every lease has come back that was on its way: later messages do not overtake', () => {
    const queue = new MessageQueue({ maxMessages: 100, maxBytes: 2 ** 20 });
    const writer = new RecordWriter();
    for (let index = 0; index < 3; index++) {
      writer.prepare({ value: index });
      queue.append(writer, 0, 0);
    }
    const leases = new Leases(queue, 'written');
    const posted: ToWorker['type'][] = [];
    const leased: number[] = [];
    const spooling = new Spooling({
      options: { directory: '/nowhere', maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 1 },
      producer: 'test',
      queue,
      accounting: new Accounting(),
      settlement: undefined as never, // nothing settles here
      logger: quiet,
      highWaterMark: 0.8,
      blocks: true,
      isConnected: () => true,
      post: ({ type }) => void posted.push(type),
      withdraw: () => false,
      condemned: () => {},
      moved: () => {
        if (!spooling.isStuck) for (const { sequence } of leases.take(() => 1)) leased.push(sequence);
      },
    });
    const [first, second] = [...leases.take(() => 1).slice(0, 2)].map(({ id }) => id) as [number, number];
    const third = second + 1;
    const unstored = (...ids: number[]) =>
      spooling.receive({ type: 'unstored', leases: ids, error: toWire(new SpoolFullError('full')) }, leases);
    unstored(first);
    clock.tick(5000);
    expect([posted, leased]).to.deep.equal([[], []]);
    unstored(second, third);
    clock.tick(250);
    expect([posted, leased]).to.deep.equal([['resume'], [0, 1, 2]]);
  });
});
