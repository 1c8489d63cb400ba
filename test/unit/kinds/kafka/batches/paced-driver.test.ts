import { expect } from 'chai';
import type sinon from 'sinon';
import { Pace } from '../../../../../src/kinds/kafka/batches/pace.ts';
import { PacedDriver } from '../../../../../src/kinds/kafka/batches/paced-driver.ts';
import type { KafkaDriver } from '../../../../../src/kinds/kafka/driver.ts';
import { PermanentSendError, TransientSendError } from '../../../../../src/shared/errors.ts';
import type { Batch } from '../../../../../src/shared/transport.ts';
import { fakeClock } from '../../../../support/fake-clock.ts';
import { PackedBatch } from '../../../../support/packed-batch.ts';

/** Takes batches, and lets a test say what becomes of each. */
class FakeDriver implements KafkaDriver {
  readonly sent: { batch: Batch; indices: number[]; end: (error?: Error) => void }[] = [];
  readonly spent = false;
  purges = 0;

  async open(): Promise<void> {}
  recall(): void {}
  readonly heldUpMs = 0;
  purge(): void {
    this.purges++;
  }
  async close(): Promise<void> {}

  produceBatch(batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      const indices = Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
      this.sent.push({ batch, indices, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }

  /** The broker takes all of what was sent last. */
  async deliver(): Promise<void> {
    const { batch, indices, end } = this.sent.at(-1) as (typeof this.sent)[number];
    for (const index of indices) batch.delivered(index);
    end();
    await Promise.resolve();
    await Promise.resolve();
  }
}

/** A record of 1024 bytes. */
const record = { value: 'x'.repeat(1024 - 48), key: 'k' };
const batchOf = (count: number) => new PackedBatch(Array.from({ length: count }, () => record));

describe('a Kafka driver behind a pace', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function rig(batchesInFlight = 16) {
    const driver = new FakeDriver();
    const pace = new Pace();
    const context = { pace, pauseEnd: 0, pauseMs: () => Math.max(context.pauseEnd - clock.now, 0), batchesInFlight };
    const paced = new PacedDriver(driver, context);
    const counts = () => driver.sent.map(({ indices }) => indices.length);
    return { driver, pace, context, paced, counts };
  }
  type Rig = ReturnType<typeof rig>;

  /** Resolved, rejected with an error, or neither. */
  async function stateOf(promise: Promise<void>): Promise<unknown> {
    let state: unknown = 'pending';
    promise.then(
      () => {
        state = 'ended';
      },
      (error: Error) => {
        state = error.message;
      },
    );
    await clock.tickAsync(1);
    return state;
  }

  async function unlimited({ pace }: Rig): Promise<void> {
    for (let trip = 0; trip < 9; trip++) {
      const taken = pace.sent();
      pace.reached();
      taken();
    }
  }

  it('begins with few messages and doubles them, in order, until all are sent', async () => {
    const { driver, paced, counts } = rig();
    const batch = batchOf(40);
    const ended = paced.produceBatch(batch);
    while (driver.sent.length < 4) await driver.deliver();
    expect(counts()).to.deep.equal([4, 8, 16, 12]);
    expect(driver.sent.flatMap(({ indices }) => indices)).to.deep.equal([...Array(40).keys()]);
    expect(await stateOf(ended)).to.equal('pending');
    await driver.deliver();
    expect(await stateOf(ended)).to.equal('ended');
    expect(batch.deliveredAt.size).to.equal(40);
  });

  it('has several small batches on their way at once, as far as the pace goes', async () => {
    const { paced, counts } = rig();
    for (const size of [1, 2, 2, 1]) void paced.produceBatch(batchOf(size));
    expect(counts()).to.deep.equal([1, 2, 1]);
  });

  it('has one batch on its way where the driver takes one', async () => {
    const { driver, paced, counts } = rig(1);
    for (const size of [1, 1, 1]) void paced.produceBatch(batchOf(size));
    expect(counts()).to.deep.equal([1]);
    await driver.deliver();
    expect(counts()).to.deep.equal([1, 1]);
  });

  it('sends a message that is larger than the pace by itself', async () => {
    const { driver, paced, counts } = rig();
    void paced.produceBatch(new PackedBatch([{ value: 'x'.repeat(9000) }, record]));
    expect(counts()).to.deep.equal([1]);
    await driver.deliver();
    expect(counts()).to.deep.equal([1, 1]);
  });

  it('gives a whole batch to the driver as it is where nothing limits it', async () => {
    const own = rig();
    await unlimited(own);
    const batch = batchOf(40);
    void own.paced.produceBatch(batch);
    expect(own.driver.sent[0]?.batch).to.equal(batch);
  });

  it('knows the bytes that are on their way, with a limit and without', async () => {
    const one = rig();
    const limited = one.paced.produceBatch(batchOf(6));
    expect(one.paced.bytesOnTheWay).to.equal(4096);
    await one.driver.deliver();
    await one.driver.deliver();
    await limited;
    await unlimited(one);
    const whole = one.paced.produceBatch(batchOf(6));
    expect(one.paced.bytesOnTheWay).to.equal(6 * 1024);
    await one.driver.deliver();
    await whole;
    expect(one.paced.bytesOnTheWay).to.equal(0);
  });

  it('sends nothing in a pause, not even without a limit, and goes on in order by itself', async () => {
    const own = rig();
    await unlimited(own);
    const { context, paced, counts } = own;
    context.pauseEnd = clock.now + 3000;
    void paced.produceBatch(batchOf(2));
    await clock.tickAsync(2000);
    context.pauseEnd = clock.now + 3000; // asked again meanwhile
    void paced.produceBatch(batchOf(3));
    await clock.tickAsync(2999);
    expect(counts()).to.deep.equal([]);
    await clock.tickAsync(1);
    expect(counts()).to.deep.equal([2, 3]);
  });

  it('goes on within a second when a pause is over before its time: the connection was lost on which it was asked', async () => {
    const own = rig();
    await unlimited(own);
    const { context, paced, counts } = own;
    context.pauseEnd = clock.now + 60_000;
    void paced.produceBatch(batchOf(2));
    await clock.tickAsync(5500);
    context.pauseEnd = clock.now;
    await clock.tickAsync(1000);
    expect(counts()).to.deep.equal([2]);
  });

  it('sends nothing behind a failure: what was not sent ends without an outcome', async () => {
    const { driver, paced, counts } = rig();
    const [first, second] = [batchOf(6), batchOf(1)];
    const ended = [paced.produceBatch(first), paced.produceBatch(second)] as const;
    const [{ batch, end }] = driver.sent as [(typeof driver.sent)[number]];
    batch.failed(0, new TransientSendError('not the leader'));
    expect(await stateOf(ended[1])).to.equal('ended');
    expect(await stateOf(ended[0]), 'a part of it is on its way').to.equal('pending');
    end();
    expect(await stateOf(ended[0])).to.equal('ended');
    expect(counts()).to.deep.equal([4]);
    expect([...first.failures.keys(), ...second.failures.keys()]).to.deep.equal([0]);
  });

  it('goes on behind a message that failed for good by itself', async () => {
    const { driver, paced, counts } = rig();
    void paced.produceBatch(batchOf(6));
    driver.sent[0]?.batch.failed(0, new PermanentSendError('too large'));
    for (const index of [1, 2, 3]) driver.sent[0]?.batch.delivered(index);
    driver.sent[0]?.end();
    await clock.tickAsync(1);
    expect(counts()).to.deep.equal([4, 2]);
  });

  it('sends nothing behind messages that came back without an outcome: they are to be sent first', async () => {
    const { paced, driver, counts } = rig(1);
    const sending = paced.produceBatch(batchOf(20));
    const { batch, end } = driver.sent[0] as (typeof driver.sent)[number];
    batch.failed(1, new PermanentSendError('a denied topic'));
    end();
    expect(await stateOf(sending)).to.equal('ended');
    expect(counts()).to.deep.equal([4]);
  });

  it('ends a batch with the error that a part of it ended with', async () => {
    const { driver, paced } = rig();
    const ended = [paced.produceBatch(batchOf(6)), paced.produceBatch(batchOf(1))] as const;
    const [broken, waiting] = [stateOf(ended[0]), stateOf(ended[1])];
    driver.sent[0]?.end(new Error('corrupt'));
    expect([await broken, await waiting]).to.deep.equal(['corrupt', 'ended']);
  });

  it('gives back at a purge what it has not sent, and leaves the rest to the driver', async () => {
    const { driver, paced, counts, context } = rig();
    context.pauseEnd = clock.now + 1000;
    const ended = paced.produceBatch(batchOf(6));
    paced.purge();
    expect(driver.purges).to.equal(1);
    expect(await stateOf(ended)).to.equal('ended');
    await clock.tickAsync(2000);
    expect(counts()).to.deep.equal([]);
  });

  it('takes batches again after a purge', async () => {
    const { driver, paced, counts } = rig();
    void paced.produceBatch(batchOf(6));
    paced.purge();
    driver.sent[0]?.end();
    await clock.tickAsync(1);
    void paced.produceBatch(batchOf(1));
    expect(counts()).to.deep.equal([4, 1]);
  });

  it('does not grow by parts that were given back', async () => {
    const { driver, paced, pace } = rig();
    void paced.produceBatch(batchOf(6));
    paced.purge();
    driver.sent[0]?.end();
    await clock.tickAsync(1);
    expect(pace.bytes).to.equal(4096);
  });

  for (const [what, error, bytes] of [
    [
      'grows by a part of which a message was refused for good: that is an answer too',
      new PermanentSendError('too large'),
      8192,
    ],
    ['does not grow by a part of which something failed that may pass', new TransientSendError('no leader'), 4096],
  ] as const)
    it(what, async () => {
      const { driver, paced, pace } = rig();
      void paced.produceBatch(batchOf(6));
      driver.sent[0]?.batch.failed(0, error);
      driver.sent[0]?.batch.delivered(1);
      driver.sent[0]?.end();
      await clock.tickAsync(1);
      expect(pace.bytes).to.equal(bytes);
    });

  it('has nothing pass what waits, also when nothing limits it any more', async () => {
    const own = rig(1);
    const { driver, paced } = own;
    const batches = [batchOf(1), batchOf(1), batchOf(1)] as const;
    void paced.produceBatch(batches[0]);
    void paced.produceBatch(batches[1]);
    await unlimited(own);
    void paced.produceBatch(batches[2]);
    expect(driver.sent).to.have.lengthOf(1);
    await driver.deliver();
    await driver.deliver();
    expect(batches.map(({ deliveredAt }) => deliveredAt.size)).to.deep.equal([1, 1, 0]);
  });

  it('leaves out what is to be skipped, and does not count it', async () => {
    const { driver, paced } = rig();
    const batch = new PackedBatch(
      Array.from({ length: 8 }, () => record),
      (index) => index % 2 === 0,
    );
    const ended = paced.produceBatch(batch);
    expect(driver.sent.map(({ indices }) => indices)).to.deep.equal([[1, 3, 5, 7]]);
    await driver.deliver();
    expect(await stateOf(ended)).to.equal('ended');
  });

  for (const ends of ['purge', 'close'] as const)
    it(`holds nobody up after ${ends}: no timer and no batch is left`, async () => {
      const { paced, context } = rig();
      context.pauseEnd = clock.now + 600_000;
      const ended = paced.produceBatch(batchOf(1));
      expect(clock.countTimers()).to.equal(1);
      if (ends === 'purge') paced.purge();
      else await paced.close(0);
      expect(clock.countTimers()).to.equal(0);
      expect(await stateOf(ended)).to.equal('ended');
    });
});
