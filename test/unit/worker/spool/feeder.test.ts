import { expect } from 'chai';
import sinon from 'sinon';
import { SpoolError, SpoolFullError } from '../../../../src/shared/errors.ts';
import type { LeaseMessage, ToCaller } from '../../../../src/shared/protocol.ts';
import { type NumberRun, runFrom } from '../../../../src/shared/sequence-ranges.ts';
import { SpoolWords } from '../../../../src/shared/spool-progress.ts';
import { Deliveries } from '../../../../src/worker/deliveries.ts';
import { LeasedRange } from '../../../../src/worker/delivery/leased-range.ts';
import { SpoolFeeder } from '../../../../src/worker/spool/feeder.ts';
import { NotThere } from '../../../../src/worker/spool/missing-ranges.ts';
import { numbered, slotOf } from '../../../support/leases.ts';
import { openSpool } from '../../../support/spool-rig.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const COUNT = 10;

interface Settings {
  readonly directRanges?: number;
  readonly backlog?: readonly NumberRun[];
  readonly path?: string;
  readonly readBefore?: number;
}

describe('feeding the loop by way of a spool', () => {
  const directory = temporaryDirectories();

  /** A feeder, what it gives to the loop and says to the caller's side, and how often it reads. */
  async function rig({ directRanges = 2, backlog = [], path = directory(), readBefore = Infinity }: Settings = {}) {
    const { spool } = await openSpool(path);
    const words = new SpoolWords();
    words.base = 0;
    const offered: LeaseMessage[] = [];
    const said: ToCaller[] = [];
    let reads = 0;
    let emptied = 0;
    const read = spool.read.bind(spool);
    spool.read = (...args) => {
      reads++;
      return read(...args);
    };
    const post = (message: ToCaller) => void said.push(message);
    const feeder = new SpoolFeeder({
      spool,
      words,
      notThere: new NotThere(),
      backlog,
      readBefore,
      directRanges,
      offer: (leases) => void offered.push(...leases),
      post,
      deliveries: new Deliveries(post),
      emptied: () => void emptied++,
    });
    const deliver = async (lease: LeaseMessage) => {
      const range = new LeasedRange(lease);
      for (let index = 0; index < range.size; index++) feeder.outcomes.delivered(range, index);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    };
    const firsts = () => offered.map(({ sequence }) => sequence);
    return { feeder, spool, words, offered, said, deliver, firsts, reads: () => reads, emptied: () => emptied };
  }

  /** Lease number `at`, from 1 on, holds messages 10 × (at - 1) and on. */
  function lease(at: number): LeaseMessage {
    const slot = slotOf(numbered(COUNT));
    return { shared: slot.shared, from: 0, count: COUNT, sequence: (at - 1) * COUNT };
  }
  const runsOf = (...leases: number[]) => leases.map((at) => runFrom((at - 1) * COUNT, COUNT));
  const leases = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => lease(from + at));

  it('writes all, gives the loop what it has room for, and keeps the others in memory until their turn', async () => {
    const { feeder, spool, offered, said, deliver, firsts, reads } = await rig();
    feeder.receive(leases(1, 5));
    expect(spool.pending).to.equal(5 * COUNT);
    expect(said).to.deep.equal([{ type: 'written', leases: 5 }]);
    expect(firsts()).to.deep.equal([0, 10]);
    expect(feeder.isEmpty).to.equal(false);
    for (let at = 0; at < 5; at++) await deliver(offered[at] as LeaseMessage);
    expect(firsts()).to.deep.equal([0, 10, 20, 30, 40]);
    expect(reads()).to.equal(0);
    expect([spool.pending, feeder.isEmpty]).to.deep.equal([0, true]);
    await feeder.close();
  });

  it('gives memory back when it is asked to, and reads what was in it when the loop has room, in order', async () => {
    const { feeder, spool, offered, said, deliver, firsts, reads } = await rig();
    feeder.receive(leases(1, 4));
    feeder.makeRoom();
    expect(said).to.deep.include({ type: 'onDiskOnly', leases: runsOf(3, 4) });
    // Read together, as much as a slot holds; what comes now waits behind it.
    expect(firsts()).to.deep.equal([0, 10, 20]);
    feeder.receive(leases(5, 5));
    for (let at = 0; at < 4; at++) await deliver(offered[at] as LeaseMessage);
    expect(firsts()).to.deep.equal([0, 10, 20, 40]);
    expect(offered[2]).to.include({ isOnDiskOnly: true, count: 2 * COUNT });
    expect(offered[3]).not.to.have.property('isOnDiskOnly');
    expect(reads()).to.equal(1);
    expect(spool.pending).to.equal(0);
    await feeder.close();
  });

  it('keeps nothing in memory that never finds room with the loop', async () => {
    const { feeder, said, firsts } = await rig({ directRanges: 0 });
    feeder.receive(leases(1, 2));
    expect(firsts()).to.deep.equal([]);
    feeder.makeRoom();
    expect(said).to.deep.include({ type: 'onDiskOnly', leases: runsOf(1, 2) });
    expect(firsts()).to.deep.equal([0]);
    await feeder.close();
  });

  it('has what a dead worker held go before what is on disk alone', async () => {
    const path = directory();
    const { feeder, words, said } = await rig({ directRanges: 1, path });
    feeder.receive(leases(1, 3));
    feeder.makeRoom();
    expect(said).to.deep.include({ type: 'onDiskOnly', leases: runsOf(2, 3) });
    await feeder.close();
    const again = await rig({ directRanges: 1, path, backlog: [[COUNT, 3 * COUNT - 1]] });
    again.words.written = words.written;
    again.feeder.receive([lease(1), lease(4)]);
    expect(again.offered.map(({ isOnDiskOnly, sequence }) => [isOnDiskOnly, sequence])).to.deep.equal([
      [undefined, 0],
      [true, COUNT],
    ]);
    await again.feeder.close();
  });

  it('has nothing of what is on disk alone go before the leases of a dead worker have all come', async () => {
    const path = directory();
    const { feeder, words } = await rig({ directRanges: 2, path });
    feeder.receive(leases(1, 4));
    feeder.makeRoom();
    await feeder.close();
    const again = await rig({ directRanges: 2, path, backlog: [[2 * COUNT, 4 * COUNT - 1]], readBefore: 0 });
    again.words.written = words.written;
    again.feeder.feed();
    expect(again.offered).to.deep.equal([]);
    for (const at of [1, 2, 5]) again.feeder.receive([lease(at)]);
    expect(again.firsts()).to.deep.equal([0, COUNT]);
    again.feeder.readBefore(Infinity);
    expect(again.offered.map(({ sequence }) => sequence)).to.deep.equal([0, COUNT, 2 * COUNT]);
    await again.feeder.close();
  });

  it('has what a dead worker held go in its place between what is on disk alone', async () => {
    const path = directory();
    const { feeder, words } = await rig({ path });
    feeder.receive(leases(1, 4));
    await feeder.close();
    const backlog = [1, 3].map((from) => [from * COUNT, (from + 1) * COUNT - 1] as const);
    const again = await rig({ directRanges: 3, path, backlog, readBefore: 2 * COUNT });
    again.words.written = words.written;
    again.feeder.feed();
    expect(again.firsts()).to.deep.equal([COUNT]);
    again.feeder.receive([lease(3), lease(5)]);
    expect(again.firsts()).to.deep.equal([COUNT, 2 * COUNT]);
    again.feeder.readBefore(Infinity);
    expect(again.firsts()).to.deep.equal([COUNT, 2 * COUNT, 3 * COUNT]);
    for (let at = 0; at < 4; at++) await again.deliver(again.offered[at] as LeaseMessage);
    expect(again.firsts()).to.deep.equal([COUNT, 2 * COUNT, 3 * COUNT, 4 * COUNT]);
    await again.feeder.close();
  });

  it('says when nothing is left to feed, also where what is on disk alone is not there any more', async () => {
    const { feeder, said, emptied } = await rig({ backlog: [[0, 9]] });
    feeder.feed();
    expect(said.map(({ type }) => type)).to.deep.equal(['delivered']);
    expect([feeder.isEmpty, emptied()]).to.deep.equal([true, 1]);
    await feeder.close();
  });

  it('is not through while leases are to come again that could not be written', async () => {
    const { feeder, spool, said, emptied } = await rig();
    const append = sinon.stub(spool, 'append').throws(new SpoolFullError('full'));
    feeder.receive(leases(1, 1));
    append.restore();
    expect(said.at(-1)).to.include({ type: 'unstored' });
    expect([feeder.isEmpty, emptied()]).to.deep.equal([false, 0]);
    feeder.resume();
    feeder.receive(leases(1, 1));
    expect([feeder.isEmpty, emptied()]).to.deep.equal([true, 2]);
    await feeder.close();
  });

  it('is through when writing may be tried again, where nothing of what was given back comes again', async () => {
    const { feeder, spool, emptied } = await rig();
    const append = sinon.stub(spool, 'append').throws(new SpoolFullError('full'));
    feeder.receive(leases(1, 1));
    append.restore();
    feeder.resume();
    expect([feeder.isEmpty, emptied()]).to.deep.equal([true, 1]);
    feeder.resume();
    expect(emptied()).to.equal(1);
    await feeder.close();
  });

  it('keeps in the spool what has permanently failed of what it has read', async () => {
    const { feeder, spool, offered } = await rig({ directRanges: 0 });
    feeder.receive(leases(1, 1));
    feeder.makeRoom();
    const range = new LeasedRange(offered[0] as LeaseMessage);
    feeder.outcomes.permanentlyFailed(range);
    for (let index = 0; index < COUNT; index++) if (index !== 3) feeder.outcomes.delivered(range, index);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect([...spool.pendingRuns()]).to.deep.equal([[3, 3]]);
    await feeder.close();
  });

  it('has settled at its end what was delivered, and settles nothing after it', async () => {
    const path = directory();
    const { feeder, offered } = await rig({ directRanges: 1, path });
    feeder.receive(leases(1, 1));
    const range = new LeasedRange(offered[0] as LeaseMessage);
    for (let index = 0; index < 4; index++) feeder.outcomes.delivered(range, index); // not all: held for a moment
    await feeder.close();
    feeder.outcomes.delivered(range, 4);
    await new Promise((resolve) => setImmediate(resolve));
    const { spool } = await openSpool(path);
    expect([...spool.pendingRuns()]).to.deep.equal([[4, COUNT - 1]]);
    await spool.close();
  });

  describe('where the system refuses to read', () => {
    let clock: sinon.SinonFakeTimers;

    beforeEach(() => {
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });

    afterEach(() => clock.restore());

    const troubles = (said: readonly ToCaller[]) => said.filter(({ type }) => type === 'spoolTrouble');

    it('reads again later, and later each time, while all that follows waits', async () => {
      const { feeder, spool, offered, said, deliver } = await rig({ directRanges: 0 });
      feeder.receive(leases(1, 1));
      const read = sinon.stub(spool, 'read').throws(new SpoolError('too many files are open'));
      feeder.makeRoom();
      expect(said.at(-1)).to.deep.equal({ type: 'spoolTrouble', level: 'warn', trouble: 'too many files are open' });
      feeder.receive(leases(2, 2));
      expect(read.callCount).to.equal(1);
      for (const [index, ms] of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
        clock.tick(ms - 1);
        expect(read.callCount, `before ${ms} ms`).to.equal(index + 1);
        clock.tick(1);
        expect(read.callCount, `after ${ms} ms`).to.equal(index + 2);
      }
      expect(troubles(said)).to.have.lengthOf(8);
      expect([offered, feeder.isEmpty, spool.pending]).to.deep.equal([[], false, 2 * COUNT]);
      read.restore();
      clock.tick(30_000);
      expect(offered.map(({ sequence }) => sequence)).to.deep.equal([0]);
      await deliver(offered[0] as LeaseMessage);
      const again = sinon.stub(spool, 'read').throws(new SpoolError('too many files are open'));
      feeder.makeRoom();
      expect(again.callCount).to.equal(1);
      clock.tick(1000);
      expect(again.callCount).to.equal(2);
      await feeder.close();
    });

    it('condemns a message that kills its workers when it can be read, and attempts nothing before', async () => {
      const path = directory();
      const first = await rig({ directRanges: 0, path });
      first.feeder.receive(leases(1, 1));
      await first.feeder.close();
      const backlog = [[0, COUNT - 1]] as const;
      const { feeder, spool, words, offered, said } = await rig({ path, backlog });
      words.written = COUNT;
      const read = sinon.stub(spool, 'read').throws(new SpoolError('the device failed'));
      feeder.giveUp({ sequence: 0, attempts: [] });
      feeder.feed();
      clock.tick(1000);
      expect([read.callCount, troubles(said).length, offered]).to.deep.equal([2, 2, []]);
      read.restore();
      clock.tick(2000);
      const failed = said.filter((one) => one.type === 'permanentlyFailed');
      expect(failed.map(({ sequence, id, record }) => [sequence, id, record?.byteLength])).to.deep.equal([
        [0, spool.idOf(0), 48],
      ]);
      expect(offered.map(({ sequence, count }) => [sequence, count])).to.deep.equal([[1, COUNT - 1]]);
      expect(spool.pending).to.equal(COUNT);
      await feeder.close();
    });

    it('reads nothing more once it is closed', async () => {
      const { feeder, spool } = await rig({ directRanges: 0 });
      feeder.receive(leases(1, 1));
      const read = sinon.stub(spool, 'read').throws(new SpoolError('the device failed'));
      feeder.makeRoom();
      await feeder.close();
      clock.tick(60_000);
      expect(read.callCount).to.equal(1);
    });
  });

  it("writes nothing once the caller's side has closed its books", async () => {
    const { feeder, words, spool, said, firsts } = await rig();
    feeder.receive(leases(1, 1));
    words.seal();
    feeder.receive(leases(2, 3));
    expect(spool.pending).to.equal(COUNT);
    expect(firsts()).to.deep.equal([0]);
    expect(said.at(-1)).to.deep.include({ type: 'unstored', leases: runsOf(2, 3) });
    await feeder.close();
  });
});
