import { expect } from 'chai';
import { MessageQueue } from '../../../../src/caller/queue/message-queue.ts';
import { InvalidMessageError, QueueFullError } from '../../../../src/shared/errors.ts';
import { RecordWriter } from '../../../../src/shared/memory/record-writer.ts';
import { OUTCOME, RECORD_STATE, Slot } from '../../../../src/shared/memory/slot.ts';
import { appendBytes, SEGMENT_OWN_BYTES } from '../../../../src/spool/format.ts';
import { Random } from '../../../chaos/random.ts';

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

  for (const [large, count, each] of [
    [1_048_000, 1020, 1000],
    [1_048_398, 2, 524_166],
    [1_048_000, 1024, 40],
  ] as const)
    it(`leases no more than an empty spool can hold, of ${count} that follow one of ${large} bytes`, () => {
      const maxBytes = 1024 * KIB;
      const queue = new MessageQueue({ maxMessages: 10_000, maxBytes: 16 * maxBytes, spool: { maxBytes } });
      expect([fill(queue, 1, Buffer.alloc(large)), deliver(queue)]).to.deep.equal([1, 1]);
      expect(fill(queue, count, Buffer.alloc(each))).to.equal(count);
      let leased = 0;
      for (let range = queue.lease(1024); range !== undefined; range = queue.lease(1024)) {
        const { slot, from } = range;
        const bytes = slot.endOf(from + range.count - 1) - (slot.offsets[from] as number);
        expect(SEGMENT_OWN_BYTES + appendBytes({ count: range.count, bytes })).to.be.at.most(maxBytes);
        leased += range.count;
      }
      expect(leased).to.equal(count);
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
    expect(queue.census()).to.deep.equal({ queued: 0, leased: 5, permanentlyFailed: 0 });
  });

  it('leases again, in order, what a dead worker had not delivered', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 128 * KIB });
    fill(queue, 6);
    const range = queue.lease(4);
    if (range === undefined) throw new Error('nothing leased');
    queue.settle(range.slot, 1, RECORD_STATE.delivered);
    range.slot.outcomes[2] = OUTCOME.permanentlyFailed;
    queue.failPermanently(range.slot.firstSequence + 3);
    queue.endLeases();
    const again = [queue.lease(10), queue.lease(10), queue.lease(10)];
    expect(again.map((lease) => lease && [lease.from, lease.count])).to.deep.equal([
      [0, 1],
      [2, 1],
      [4, 2],
    ]);
    expect(range.slot.outcomes[2]).to.equal(OUTCOME.none);
  });

  it('leases again, in order, also those whose worker died before it could give them back', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 128 * KIB });
    fill(queue, 6);
    const [first, second] = [queue.lease(2), queue.lease(2)];
    if (first === undefined || second === undefined) throw new Error('nothing leased');
    queue.giveBack(first);
    queue.endLeases();
    const again = queue.lease(10);
    expect(again && [again.from, again.count]).to.deep.equal([0, 6]);
  });

  it('does not take back what a dead worker may have attempted', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 128 * KIB });
    fill(queue, 4);
    queue.lease(2);
    queue.endLeases();
    const back = [0, 1, 2, 3].map((sequence) => queue.settleQueued(sequence, RECORD_STATE.expired));
    expect(back).to.deep.equal([false, false, true, true]);
  });

  it('knows the oldest message that is queued, from a number on', () => {
    const queue = new MessageQueue({ maxMessages: 5000, maxBytes: 4096 * KIB });
    fill(queue, 2000);
    queue.lease(2);
    expect([queue.oldestQueued(), queue.oldestQueued(2), queue.oldestQueued(1500)]).to.deep.equal([2, 2, 1500]);
    expect(queue.oldestQueued(2000)).to.equal(undefined);
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

describe('room in the queue', () => {
  it('is there for a message that fits it alone, also where a smaller one has been', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 64 * KIB });
    const writer = new RecordWriter();
    for (const size of [5, 50_000, 5, 50_000]) {
      writer.prepare({ value: 'x'.repeat(size) });
      const sequence = queue.append(writer, 0, 0) as number;
      expect(sequence, String(size)).to.be.a('number');
      queue.settleQueued(sequence, RECORD_STATE.expired);
    }
  });

  it('is not made by giving up a slot where there is no memory for the next one', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 400_000 });
    const writer = new RecordWriter();
    const append = (size: number) => {
      writer.prepare({ value: 'x'.repeat(size) });
      return queue.append(writer, 0, 0);
    };
    append(10);
    queue.settleQueued(append(80_000) as number, RECORD_STATE.expired);
    const real = globalThis.SharedArrayBuffer;
    globalThis.SharedArrayBuffer = class {
      constructor() {
        throw new RangeError('Array buffer allocation failed');
      }
    } as never;
    try {
      expect(() => append(100_000)).to.throw(QueueFullError);
    } finally {
      globalThis.SharedArrayBuffer = real;
    }
    const sequence = append(10) as number;
    expect(queue.slotOf(sequence)).to.include({ firstSequence: sequence, count: 1 });
    expect(append(100_000)).to.equal(sequence + 1);
  });

  it('counts a record once it is written', () => {
    const slot = new Slot(1, 16 * KIB);
    const failing = {
      write: () => {
        throw new Error('not written');
      },
    };
    expect(() => slot.append(failing as never, 0)).to.throw('not written');
    expect(slot).to.include({ count: 0, used: 0, isSettled: true });
  });

  it('is not made by giving up a slot for a message that is refused all the same', () => {
    const queue = new MessageQueue({ maxMessages: 10, maxBytes: 200_000 });
    const writer = new RecordWriter();
    const append = (size: number) => {
      writer.prepare({ value: 'x'.repeat(size) });
      return queue.append(writer, 0, 0);
    };
    append(10);
    queue.settleQueued(append(44_800) as number, RECORD_STATE.expired);
    expect(append(180_000)).to.equal(undefined);
    const sequence = append(10) as number;
    expect(queue.slotOf(sequence)).to.include({ firstSequence: sequence, count: 1 });
  });

  it('is foretold exactly: a message is taken if and only if there was said to be room for it', () => {
    const kinds = [0, 10, 500, 20_000, 70_000];
    const pending: number[] = [];
    const said = { room: 0, none: 0 };
    const random = new Random(7);
    const queue = new MessageQueue({ maxMessages: 2000, maxBytes: 600_000 });
    const writer = new RecordWriter();
    for (let step = 0; step < 20_000; step++) {
      writer.prepare({ value: 'x'.repeat(kinds[random.whole(0, kinds.length - 1)] as number) });
      const hasRoom = queue.reserve(writer.exactSize);
      const sequence = queue.append(writer, 0, 0);
      expect(sequence !== undefined, `step ${step}`).to.equal(hasRoom);
      said[hasRoom ? 'room' : 'none']++;
      if (sequence !== undefined) pending.push(sequence);
      // Any of them, so that whole slots are empty behind others that are not.
      const settles = pending.length > 0 && random.next() < 0.6;
      const [settled] = settles ? pending.splice(random.whole(0, pending.length - 1), 1) : [];
      if (settled !== undefined) queue.settleQueued(settled, RECORD_STATE.expired);
    }
    expect(said.room).to.be.greaterThan(1000);
    expect(said.none).to.be.greaterThan(1000);
    expect(() => queue.reserve(600_000)).to.throw(InvalidMessageError);
  });
});
