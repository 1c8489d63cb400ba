import { expect } from 'chai';
import { MessageQueue } from '../../../../src/caller/queue/message-queue.ts';
import { Barriers } from '../../../../src/caller/settlement/flush-waiters.ts';
import { NumberedWaits } from '../../../../src/caller/settlement/numbered-waiters.ts';
import { StoredWaits } from '../../../../src/caller/spool/stored-waiters.ts';
import { RecordWriter } from '../../../../src/shared/memory/record-writer.ts';
import { RECORD_STATE } from '../../../../src/shared/memory/slot.ts';

const FOREVER = { timeout: Number.POSITIVE_INFINITY };
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('callers that wait for messages by number', () => {
  it('are found by runs that are shorter than their list, longer, or without an end', () => {
    for (const [first, last] of [
      [3, 4],
      [0, 4],
      [4, 9],
      [7, 9],
      [-Infinity, Infinity],
    ] as const) {
      const waits = new NumberedWaits<void>(() => {});
      for (const sequence of [1, 3, 4, 6]) void waits.until(sequence, FOREVER);
      const found = waits.takeRun([first, last]).map(({ about }) => about);
      expect(found).to.deep.equal([1, 3, 4, 6].filter((sequence) => sequence >= first && sequence <= last));
      expect([1, 3, 4, 6].filter((sequence) => waits.has(sequence))).to.deep.equal(
        [1, 3, 4, 6].filter((sequence) => !found.includes(sequence)),
      );
    }
  });

  it('hear that their message is on disk, and no other one does', async () => {
    const stored = new StoredWaits({ withdraw: () => true });
    const told: number[] = [];
    for (const sequence of [1, 2, 3]) void stored.until(sequence, FOREVER).then(() => told.push(sequence));
    stored.stored(3);
    await turn();
    expect([told, stored.isEmpty]).to.deep.equal([[1, 2], false]);
  });

  it('a message that cannot be written is taken back once, and its caller hears why', async () => {
    const withdrawn: number[] = [];
    const stored: StoredWaits = new StoredWaits({
      withdraw: (sequence) => {
        stored.gone(sequence); // as when a message is dropped
        return withdrawn.push(sequence) > 0;
      },
    });
    const errors = [1, 2, 3].map((sequence) => stored.until(sequence, FOREVER).catch(({ message }) => message));
    stored.failed(new Error('no space'), [[2, 3]]);
    expect(await Promise.all(errors.slice(1))).to.deep.equal(
      Array(2).fill('the message could not be written: no space'),
    );
    expect([withdrawn, stored.isEmpty]).to.deep.equal([[2, 3], false]);
  });

  it('a flush is through when the oldest that is pending is the first that came after it', async () => {
    const barriers = new Barriers();
    let through = 0;
    void barriers.until(5, FOREVER).then(() => through++);
    barriers.settled(() => 4);
    await turn();
    expect(through).to.equal(0);
    barriers.settled(() => 5);
    await turn();
    expect(through).to.equal(1);
  });

  it('what is pending below a number is counted as by walking, and a message is found in its slot until it has settled', () => {
    const queue = new MessageQueue({ maxMessages: 10_000, maxBytes: 2 ** 22 });
    const writer = new RecordWriter();
    writer.prepare({ value: 'a' });
    for (let sequence = 0; sequence < 3000; sequence++) queue.append(writer, 0, 0);
    for (let sequence = 1; sequence < 3000; sequence += 5) queue.settleQueued(sequence, RECORD_STATE.expired);
    for (const before of [0, 1, 1023, 1024, 1025, 2048, 2999, 3000, 4000]) {
      let walked = 0;
      queue.forEachPending((sequence) => {
        if (sequence < before) walked++;
      });
      expect(queue.pendingBelow(before)).to.equal(walked);
    }
    for (const sequence of [0, 1023, 1024, 2047, 2048, 2999]) {
      const { firstSequence = -1, count = 0 } = queue.slotOf(sequence) ?? {};
      expect(sequence).to.be.within(firstSequence, firstSequence + count - 1);
    }
    for (const sequence of [-1, 1, 1026, 3000]) expect(queue.slotOf(sequence)).to.equal(undefined);
  });
});
