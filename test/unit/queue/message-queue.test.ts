import { expect } from 'chai';
import { InvalidMessageError } from '../../../src/errors.ts';
import { MessageQueue } from '../../../src/queue/message-queue.ts';
import { RecordWriter } from '../../../src/queue/record-writer.ts';
import { OUTCOME, RECORD_STATE } from '../../../src/queue/slot.ts';

const KIB = 1024;

describe('the in-process queue', () => {
  const writer = new RecordWriter();

  function fill(queue: MessageQueue, count: number, value: unknown = 'x'.repeat(100)): number {
    for (let appended = 0; appended < count; appended++) {
      writer.prepare({ value: value as string });
      if (queue.append(writer, 0, 0) === undefined) return appended;
    }
    return count;
  }

  /** Settles everything that is leased next, in order. */
  function deliver(queue: MessageQueue, max = 1024): number {
    const range = queue.lease(max);
    if (range === undefined) return 0;
    for (let index = range.from; index < range.from + range.count; index++)
      queue.settle(range.slot, index, RECORD_STATE.delivered);
    return range.count;
  }

  it('numbers messages without a gap, and leases them in that order', () => {
    const queue = new MessageQueue({ maxMessages: 5000, maxBytes: 4096 * KIB });
    expect(fill(queue, 5000)).to.equal(5000);
    let next = 0;
    for (let range = queue.lease(300); range !== undefined; range = queue.lease(300)) {
      expect(range.slot.firstSequence + range.from).to.equal(next);
      next += range.count;
    }
    expect(next).to.equal(5000);
  });

  it('holds both bounds, and takes new ones for ever when the old ones settle', () => {
    const queue = new MessageQueue({ maxMessages: 1000, maxBytes: 256 * KIB });
    for (let round = 0; round < 50; round++) {
      fill(queue, 2000);
      expect(queue.buffered).to.equal(1000);
      while (deliver(queue) > 0);
      expect(queue.buffered).to.equal(0);
    }
    const wide = new MessageQueue({ maxMessages: 1_000_000, maxBytes: 256 * KIB });
    const fits = fill(wide, 1_000_000);
    expect(fits).to.be.within(1000, 1800);
    expect(wide.fullness).to.equal(1);
    while (deliver(wide) > 0);
    expect(fill(wide, 1_000_000)).to.equal(fits);
  });

  it('gives a large message a slot of its own, within the bound, and gives the memory back', () => {
    const queue = new MessageQueue({ maxMessages: 100, maxBytes: 1024 * KIB });
    const large = Buffer.alloc(900 * KIB);
    for (let round = 0; round < 5; round++) {
      expect(fill(queue, 2, large)).to.equal(1);
      while (deliver(queue) > 0);
      expect(fill(queue, 100)).to.equal(100);
      while (deliver(queue) > 0);
    }
  });

  it('refuses what could never fit, at once and clearly', () => {
    const queue = new MessageQueue({ maxMessages: 100, maxBytes: 128 * KIB });
    expect(() => fill(queue, 1, Buffer.alloc(200 * KIB))).to.throw(
      InvalidMessageError,
      'can never fit queue.max_bytes',
    );
    expect(fill(queue, 10)).to.equal(10);
  });

  it('settles a message once', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 128 * KIB });
    fill(queue, 2);
    const range = queue.lease(10);
    if (range === undefined) throw new Error('nothing leased');
    expect(queue.settle(range.slot, 0, RECORD_STATE.delivered)).to.equal(true);
    expect(queue.settle(range.slot, 0, RECORD_STATE.undelivered)).to.equal(false);
    expect(queue.buffered).to.equal(1);
  });

  it('withdraws what is queued, not what is leased, and leases around the gap', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 128 * KIB });
    fill(queue, 6);
    queue.lease(2);
    expect(queue.settleQueued(1, RECORD_STATE.expired)).to.equal(false);
    expect(queue.settleQueued(3, RECORD_STATE.expired)).to.equal(true);
    const ranges = [queue.lease(10), queue.lease(10), queue.lease(10)];
    expect(ranges.map((range) => range && [range.from, range.count])).to.deep.equal([[2, 1], [4, 2], undefined]);
    expect(queue.census()).to.deep.equal({ queued: 0, inFlight: 5 });
  });

  it('leases again, in order, what a dead worker had not delivered', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 128 * KIB });
    fill(queue, 6);
    const range = queue.lease(4);
    if (range === undefined) throw new Error('nothing leased');
    queue.settle(range.slot, 1, RECORD_STATE.delivered);
    range.slot.outcomes[2] = OUTCOME.condemned;
    queue.condemn(range.slot, 3);
    queue.endLeases();
    const again = [queue.lease(10), queue.lease(10), queue.lease(10)];
    expect(again.map((lease) => lease && [lease.from, lease.count])).to.deep.equal([
      [0, 1],
      [2, 1],
      [4, 2],
    ]);
    expect(range.slot.outcomes[2]).to.equal(OUTCOME.none);
  });

  it('knows the oldest message that is pending', () => {
    const queue = new MessageQueue({ maxMessages: 5000, maxBytes: 4096 * KIB });
    expect(queue.oldestPending()).to.equal(undefined);
    fill(queue, 2000);
    deliver(queue, 1);
    expect(queue.oldestPending()).to.equal(1);
    while (deliver(queue) > 0);
    expect(queue.oldestPending()).to.equal(undefined);
    expect(queue.nextSequence).to.equal(2000);
  });
});
