import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { sendError } from '../../../../../src/kinds/kafka/errors/errors.ts';
import { keyHash, murmur2 } from '../../../../../src/kinds/kafka/partitioner.ts';
import type { Channel } from '../../../../../src/kinds/kafka/partitions/channel.ts';
import { Channels } from '../../../../../src/kinds/kafka/partitions/channels.ts';
import type { EndOffset, LedPartition } from '../../../../../src/kinds/kafka/partitions/end-offsets.ts';
import { Handover } from '../../../../../src/kinds/kafka/partitions/handover.ts';
import { Sightings } from '../../../../../src/kinds/kafka/partitions/sightings.ts';
import { TopicNames } from '../../../../../src/kinds/kafka/partitions/topic-names.ts';
import { Topology } from '../../../../../src/kinds/kafka/partitions/topology.ts';
import { PermanentSendError, TransientSendError } from '../../../../../src/shared/errors.ts';
import { PackedBatch, type PlainRecord } from '../../../../support/packed-batch.ts';
import { type FakeChannel, FakeKafka, type Sent, text } from './fake-kafka.ts';

const NOT_LEADER = 6;
const GRACE_MS = 30_000;

interface BenchOptions {
  readonly searches?: boolean;
  readonly capacity?: number;
  readonly renewal?: { renew(channel: Channel, why: string): void };
}

/** Handing over to clients that are made up. */
class Bench {
  readonly kafka: FakeKafka;
  readonly channels: Channels<FakeChannel>;
  readonly topology: Topology;
  readonly handover: Handover;
  readonly warnings: string[] = [];
  endOffsets = async (places: readonly LedPartition[]): Promise<readonly EndOffset[]> =>
    places.map(({ partition }) => this.kafka.endOffset(partition));
  /** How often it called for a look. */
  calls = 0;
  now = 0;

  constructor(kafka: FakeKafka, { searches = true, capacity, renewal }: BenchOptions = {}) {
    this.kafka = kafka;
    const now = () => this.now;
    const create = (role: 'sets' | 'single') => {
      const channel = kafka.create(role, capacity);
      channel.sink = (from, report) => this.handover.report(from, report);
      return channel;
    };
    this.channels = new Channels(create('sets'), create, now);
    this.topology = new Topology({
      now,
      hash: keyHash('murmur2_random'),
      sightings: new Sightings(),
      missingMs: GRACE_MS,
      ask: (topics) => this.channels.for('sets').ask(topics),
      gone: (topic) => this.warnings.push(`gone: ${topic}`),
      answered: (topics) => this.handover.answered(topics),
    });
    this.handover = new Handover({
      ...{ channels: this.channels, topology: this.topology, now, searches, text },
      names: new TopicNames({ topic: 't', errorTopic: 'e' }, (name) => this.topology.topic(name)),
      addressOf: () => 0,
      warn: (line) => this.warnings.push(line),
      changed: () => this.calls++,
      endOffsets: (places) => this.endOffsets(places),
      ...renewal,
      missing: () => sendError(text(-188), 'message'),
      noPartition: () => sendError(text(-190), 'message'),
    });
  }

  get first(): FakeChannel {
    return this.kafka.clients[0] as FakeChannel;
  }

  /** What was asked is answered, and what follows is handed over. */
  async pump(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) {
      this.handover.pump();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Everybody has sent and answered all that there is. */
  async run(random: () => number = Math.random): Promise<void> {
    await this.pump();
    for (let steps = 0; steps < 100_000; steps++) {
      const moved = this.kafka.clients.filter((client) => client.step(random)).length > 0;
      this.handover.pump();
      if (!moved && this.handover.idle) return;
      if (!moved) await this.#later();
    }
    throw new Error('it never ends');
  }

  async #later(): Promise<void> {
    this.now += 500;
    this.topology.check();
    await this.pump();
  }
}

const keyed = (count: number, keys = 5): PlainRecord[] =>
  Array.from({ length: count }, (_, n) => ({ key: `k${n % keys}`, value: String(n), flags: 0 }));

async function hasEnded(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

describe('handing messages over to partitions', () => {
  it('begins with one message in each partition, until the broker has taken one of this client', async () => {
    const bench = new Bench(new FakeKafka(3));
    const batch = new PackedBatch(keyed(60, 12));
    const ended = bench.handover.add(batch);
    await bench.pump();
    const partitions = bench.first.queued.map(({ partition }) => partition);
    expect(partitions.toSorted()).to.deep.equal([0, 1, 2]);
    await bench.run();
    expect(await hasEnded(ended)).to.equal(true);
    expect(batch.deliveredAt.size).to.equal(60);
  });

  it('begins with all of them where nothing is ever committed: several are to be answered before it ends', async () => {
    const bench = new Bench(new FakeKafka(3), { searches: false });
    bench.first.isTrial = true;
    void bench.handover.add(new PackedBatch(keyed(30, 12)));
    await bench.pump();
    expect(bench.first.queued).to.have.lengthOf(30);
  });

  describe('messages that are reported as taken without an offset', () => {
    /** The first of some has been stored at offset 10, and the client has all others. */
    async function underway(count: number) {
      const bench = new Bench(new FakeKafka(1));
      const batch = new PackedBatch(keyed(count));
      const ended = bench.handover.add(batch);
      await bench.pump();
      const first = bench.first.queued.shift();
      if (first !== undefined) bench.first.say(first, 0, 10);
      await bench.pump();
      const rest = bench.first.queued.splice(0);
      return { bench, batch, ended, rest, values: () => bench.first.queued.map(({ value }) => value) };
    }

    it('are stored where a later offset leaves room for them', async () => {
      const { bench, batch, ended, rest } = await underway(4);
      const [second, third, fourth] = rest as [Sent, Sent, Sent];
      bench.first.say(second, 0);
      bench.first.say(third, 0);
      expect(batch.deliveredAt.size, 'not yet').to.equal(1);
      bench.first.say(fourth, 0, 13);
      expect(await hasEnded(ended)).to.equal(true);
      expect(batch.deliveredAt.size).to.equal(4);
    });

    for (const offset of [0, 12])
      it(`are sent again where the next offset is ${offset}: the log is another one`, async () => {
        const { bench, batch, ended, rest, values } = await underway(4);
        const [second, third, fourth] = rest as [Sent, Sent, Sent];
        bench.first.say(second, 0);
        bench.first.say(third, 0);
        bench.first.say(fourth, 0, offset);
        await bench.pump();
        expect([...batch.deliveredAt]).to.deep.equal([0, 3]);
        expect(values()).to.deep.equal(['1', '2']);
        bench.now += 1000;
        bench.handover.pump();
        expect(bench.warnings).to.deep.equal([
          '2 messages of the topic t were in flight when it was deleted and made again: they are sent again, behind later ones',
        ]);
        for (const [at, sent] of bench.first.queued.splice(0).entries()) bench.first.say(sent, 0, offset + 1 + at);
        expect(await hasEnded(ended)).to.equal(true);
        expect(batch.deliveredAt.size).to.equal(4);
      });

    it('are stored where nothing follows', async () => {
      const { bench, batch, ended, rest } = await underway(2);
      bench.first.say(rest[0] as Sent, 0);
      expect(await hasEnded(ended)).to.equal(true);
      expect(batch.deliveredAt.size).to.equal(2);
    });

    it('are sent again where the topic was away meanwhile', async () => {
      const { bench, batch, rest } = await underway(3);
      bench.topology.topic('t').lost();
      bench.first.say(rest[0] as Sent, 0);
      bench.first.say(rest[1] as Sent, 0, 40);
      bench.topology.check();
      await bench.pump();
      expect([...batch.deliveredAt]).to.deep.equal([0, 2]);
    });

    it('have no outcome where all is given up', async () => {
      const { bench, batch, ended, rest } = await underway(3);
      bench.first.say(rest[0] as Sent, 0);
      bench.handover.halt();
      bench.first.say(rest[1] as Sent, 0, 12);
      expect(await hasEnded(ended)).to.equal(true);
      expect([...batch.deliveredAt]).to.deep.equal([0, 2]);
    });

    it('are believed where brokers give no offsets at all', async () => {
      const bench = new Bench(new FakeKafka(1));
      const batch = new PackedBatch(keyed(3));
      void bench.handover.add(batch);
      await bench.pump();
      for (let turn = 0; turn < 3; turn++) {
        for (const sent of bench.first.queued.splice(0)) bench.first.say(sent, 0);
        await bench.pump();
      }
      expect(batch.deliveredAt.size).to.equal(3);
    });
  });

  it('goes on behind a message that librdkafka refuses for good', async () => {
    const bench = new Bench(new FakeKafka(1));
    const batch = new PackedBatch(keyed(3));
    const ended = bench.handover.add(batch);
    bench.first.refuseNext = 10;
    await bench.run();
    expect(await hasEnded(ended)).to.equal(true);
    expect([...batch.failures.keys()]).to.deep.equal([0]);
    expect(batch.failures.get(0)).to.be.instanceOf(PermanentSendError);
    expect(bench.kafka.log).to.deep.equal([['1', '2']]);
  });

  it('goes on where a client was full, once there is room', async () => {
    const bench = new Bench(new FakeKafka(2), { capacity: 3 });
    const batches = [0, 1, 2].map(() => new PackedBatch(keyed(10)));
    const ended = batches.map((batch) => bench.handover.add(batch));
    await bench.run();
    await Promise.all(ended);
    expect(batches.map(({ open }) => open)).to.deep.equal([0, 0, 0]);
  });

  it('hands nothing over after a failure that may pass, until all that is in flight is back', async () => {
    const bench = new Bench(new FakeKafka(1));
    const before = new PackedBatch(keyed(1));
    void bench.handover.add(before);
    await bench.run();
    const batch = new PackedBatch(keyed(4));
    const ended = bench.handover.add(batch);
    const behind = bench.handover.add(new PackedBatch(keyed(1)));
    await bench.pump();
    const [one, ...others] = bench.first.queued.splice(0);
    bench.first.say(one as never, NOT_LEADER);
    expect(batch.failures.get(0)).to.be.instanceOf(TransientSendError);
    const later = bench.handover.add(new PackedBatch(keyed(1)));
    await bench.pump();
    expect([await hasEnded(ended), bench.first.queued.length]).to.deep.equal([false, 0]);
    for (const other of others) bench.first.say(other, 0);
    await bench.pump();
    expect([await hasEnded(ended), await hasEnded(behind), await hasEnded(later)]).to.deep.equal([true, true, false]);
    expect(bench.first.queued.length).to.equal(1);
  });

  it('ends all of it when the clients are thrown away', async () => {
    const bench = new Bench(new FakeKafka(1));
    const ended = bench.handover.add(new PackedBatch(keyed(3)));
    await bench.pump();
    const [sent] = bench.first.queued;
    bench.handover.abandon();
    expect([await hasEnded(ended), bench.handover.idle]).to.deep.equal([true, true]);
    bench.first.say(sent as never, 0); // which comes too late, and finds nothing
  });

  it('refuses a set as a whole where it does not search: in a transaction', async () => {
    const bench = new Bench(new FakeKafka(1, (value) => value === '0'), { searches: false });
    const batch = new PackedBatch(keyed(3));
    void bench.handover.add(batch);
    await bench.pump();
    const [sent] = bench.first.queued.splice(0);
    bench.first.say(sent as never, 10);
    expect(batch.failures.get(0)).to.have.property('condemns', 'set');
  });
});

describe('a message that a broker refuses', () => {
  /** Whatever sets the clients form, and however sending and answering alternate. */
  const scenario = fc.record({
    partitions: fc.constantFrom(1, 3, 12),
    every: fc.constantFrom(2, 5, 50),
    count: fc.integer({ min: 1, max: 300 }),
    batch: fc.integer({ min: 1, max: 64 }),
    cold: fc.boolean(),
    seed: fc.integer(),
  });

  it('is refused alone, costs no other message a place or a second copy, and holds up no other partition', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ partitions, every, count, batch: size, cold, seed }) => {
        const isPoison = (value: string) => Number(value) % every === (cold ? 0 : every - 1);
        const bench = new Bench(new FakeKafka(partitions, isPoison));
        const batches: PackedBatch[] = [];
        for (let from = 0; from < count; from += size) {
          const records = keyed(count, 20).slice(from, from + size);
          batches.push(new PackedBatch(records));
        }
        for (const batch of batches) void bench.handover.add(batch);
        await bench.run(generator(seed));
        const failed = batches.flatMap((batch, at) => [...batch.failures.keys()].map((index) => at * size + index));
        expect(failed.every((n) => isPoison(String(n)))).to.equal(true);
        expect(batches.every(({ open }) => open === 0)).to.equal(true);
        for (const [partition, log] of bench.kafka.log.entries()) {
          const wanted = keyed(count, 20).filter(
            ({ key, value }) => partitionOf(String(key), partitions) === partition && !isPoison(String(value)),
          );
          expect(log).to.deep.equal(wanted.map(({ value }) => value));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('has its partition sent message by message until nothing was refused for a while', async () => {
    const bench = new Bench(new FakeKafka(1, (value) => value === '3'));
    void bench.handover.add(new PackedBatch(keyed(6)));
    await bench.run();
    expect(bench.kafka.clients.map(({ single }) => single)).to.deep.equal([false, true]);
    void bench.handover.add(new PackedBatch(keyed(2)));
    await bench.run();
    expect(bench.kafka.clients.length).to.equal(2);
    bench.now += 2000;
    void bench.handover.add(new PackedBatch(keyed(2)));
    await bench.run();
    expect(bench.kafka.clients.map(({ single }) => single)).to.deep.equal([false, true, false]);
  });

  it('has a client that has given up ended as soon as it knows what became of all that it sent', async () => {
    const bench = new Bench(new FakeKafka(3, (value) => value === '20'));
    void bench.handover.add(new PackedBatch(keyed(60, 12)));
    await bench.run();
    expect(bench.kafka.clients.filter(({ isClosed }) => isClosed)).to.deep.equal([bench.first]);
  });
});

describe('a topic that goes', () => {
  it('has its messages wait, and loses none where it comes back within its grace', async () => {
    const bench = new Bench(new FakeKafka(3));
    void bench.handover.add(new PackedBatch(keyed(20)));
    await bench.run();
    bench.kafka.isThere = false;
    const batch = new PackedBatch(keyed(20));
    const ended = bench.handover.add(batch);
    await bench.pump();
    for (const sent of bench.first.queued.splice(0)) bench.first.say(sent, sent.index % 2 === 0 ? -188 : -190);
    await wait(bench, GRACE_MS - 1000);
    expect([batch.open, batch.failures.size]).to.deep.equal([20, 0]);
    bench.kafka.isThere = true;
    await bench.run();
    expect([await hasEnded(ended), batch.deliveredAt.size]).to.deep.equal([true, 20]);
  });

  it('has them refused from its grace on, which begins when it is found missing', async () => {
    const bench = new Bench(new FakeKafka(1));
    void bench.handover.add(new PackedBatch(keyed(1)));
    await bench.run();
    bench.kafka.isThere = false;
    bench.now += GRACE_MS * 2; // nobody has looked for so long: that is no part of the grace
    const batch = new PackedBatch(keyed(3));
    void bench.handover.add(batch);
    await bench.pump();
    for (const sent of bench.first.queued.splice(0)) bench.first.say(sent, -188);
    await wait(bench, GRACE_MS - 1000);
    expect(batch.failures.size).to.equal(0);
    await wait(bench, 2000);
    expect(batch.failures.size).to.equal(3);
    const next = new PackedBatch(keyed(1));
    void bench.handover.add(next);
    await bench.pump();
    expect(next.failures.size).to.equal(1); // at once: nobody waits for the grace again
  });

  it('has none refused for an answer from before the process stood still: it may be there again', async () => {
    const bench = new Bench(new FakeKafka(1));
    void bench.handover.add(new PackedBatch(keyed(1)));
    await bench.run();
    const batch = new PackedBatch(keyed(3));
    void bench.handover.add(batch);
    await bench.pump();
    bench.kafka.isThere = false;
    for (let second = 0; second < 12; second++) {
      bench.now += 1000;
      await bench.pump();
    }
    expect(bench.warnings).to.include('gone: t');
    bench.kafka.isThere = true;
    bench.now += GRACE_MS * 2;
    for (const sent of bench.first.queued.splice(0)) bench.first.say(sent, -188);
    await bench.run();
    expect([batch.failures.size, batch.deliveredAt.size]).to.deep.equal([0, 3]);
  });

  it('loses none of those that librdkafka refused for it together', async () => {
    const bench = new Bench(new FakeKafka(1));
    void bench.handover.add(new PackedBatch(keyed(1)));
    await bench.run();
    bench.first.refuseAll = -188;
    const batch = new PackedBatch(keyed(5));
    void bench.handover.add(batch);
    await bench.pump();
    bench.first.refuseAll = undefined;
    await bench.run();
    expect([batch.deliveredAt.size, bench.kafka.log]).to.deep.equal([5, [['0', '0', '1', '2', '3', '4']]]);
  });

  it('is found missing where its messages get no answer, and is named', async () => {
    const bench = new Bench(new FakeKafka(1));
    void bench.handover.add(new PackedBatch(keyed(3)));
    await bench.pump();
    bench.kafka.isThere = false;
    for (let second = 0; second < 12; second++) {
      bench.now += 1000;
      await bench.pump();
    }
    expect(bench.warnings).to.deep.equal(['gone: t']);
  });

  it('may come back with fewer partitions', async () => {
    const bench = new Bench(new FakeKafka(6));
    void bench.handover.add(new PackedBatch(keyed(40, 20)));
    await bench.run();
    const batch = new PackedBatch(keyed(40, 20));
    void bench.handover.add(batch);
    await bench.pump();
    bench.kafka.log.length = 3;
    bench.now += 30_000;
    bench.topology.check(); // it is thought to have changed its number of partitions
    await bench.pump();
    const gone = bench.first.queued.filter(({ partition }) => partition >= 3);
    for (const sent of gone) bench.first.queued.splice(bench.first.queued.indexOf(sent), 1);
    for (const sent of gone) bench.first.say(sent, -190);
    await bench.run();
    expect(batch.deliveredAt.size).to.equal(40);
  });

  it('is asked after also where no client is left', async () => {
    const bench = new Bench(new FakeKafka(1));
    void bench.handover.add(new PackedBatch(keyed(1)));
    await bench.run();
    bench.first.end = 'refusal';
    bench.handover.pump();
    const batch = new PackedBatch([{ topic: 'another', value: 'x', flags: 0 }]);
    void bench.handover.add(batch);
    await bench.run();
    expect(batch.deliveredAt.size).to.equal(1);
  });

  it('has no message refused for a partition that it did not name', async () => {
    const bench = new Bench(new FakeKafka(2));
    const batch = new PackedBatch([...keyed(4), { value: 'x', partition: 7, flags: 0 }]);
    void bench.handover.add(batch);
    await bench.run();
    expect([[...batch.failures.keys()], batch.deliveredAt.size]).to.deep.equal([[4], 4]);
  });

  it('holds up no other topic', async () => {
    const bench = new Bench(new FakeKafka(1));
    bench.kafka.isThere = false;
    const missing = new PackedBatch([{ topic: 'missing', value: 'x', flags: 0 }]);
    void bench.handover.add(missing);
    await bench.pump();
    bench.kafka.isThere = true;
    const batch = new PackedBatch(keyed(4));
    void bench.handover.add(batch);
    await bench.pump();
    while (bench.first.step(Math.random)) bench.handover.pump();
    expect([batch.deliveredAt.size, missing.open]).to.deep.equal([4, 1]);
  });

  async function wait(bench: Bench, ms: number): Promise<void> {
    for (const end = bench.now + ms; bench.now < end; ) {
      bench.now += 250;
      bench.topology.check();
      await bench.pump();
    }
  }
});

describe('a topic that was deleted and made again, whose leader its client does not find', () => {
  const GIVEN_UP = 'the topic t was deleted and made again, and its leaders are not found: a fresh client goes on';

  /** Ten messages are stored; of ten more, the client sends none. */
  async function stuck(options?: BenchOptions) {
    const bench = new Bench(new FakeKafka(1), options);
    void bench.handover.add(new PackedBatch(keyed(10)));
    await bench.run();
    const batch = new PackedBatch(keyed(10));
    void bench.handover.add(batch);
    await bench.pump();
    return { bench, batch };
  }

  async function wait(bench: Bench, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      bench.now += 1000;
      bench.topology.check();
      await bench.pump();
    }
  }

  const anew = (bench: Bench) => {
    bench.kafka.log[0] = [];
    bench.kafka.expected.clear();
  };

  it('gets a fresh client where it was found missing', async () => {
    const { bench, batch } = await stuck();
    bench.kafka.isThere = false;
    await wait(bench, 5);
    anew(bench);
    bench.kafka.isThere = true;
    await wait(bench, 6);
    expect(bench.warnings).to.deep.equal(['gone: t', GIVEN_UP]);
    await bench.run();
    expect(bench.kafka.clients).to.have.length(2);
    expect([bench.first.isClosed, bench.kafka.log[0]]).to.deep.equal([true, [...'0123456789']]);
    expect(batch.deliveredAt.size).to.equal(10);
  });

  it('gets a fresh client ten seconds after it was found missing, where the end of its log does not tell', async () => {
    const { bench } = await stuck();
    bench.kafka.isThere = false;
    await wait(bench, 5);
    bench.kafka.endOffset = () => 100;
    bench.kafka.isThere = true;
    await wait(bench, 9);
    expect(bench.kafka.clients, 'a broker that has just started may not know a topic').to.have.length(1);
    await wait(bench, 4);
    expect(bench.kafka.clients).to.have.length(2);
  });

  it('keeps its fresh client, also where the new log takes nothing', async () => {
    const { bench } = await stuck();
    anew(bench);
    await wait(bench, 60);
    expect(bench.kafka.clients).to.have.length(2);
  });

  it('is left to its client while it is there for less than two seconds: that may find the leader yet', async () => {
    const { bench } = await stuck();
    bench.kafka.isThere = false;
    await wait(bench, 5);
    bench.kafka.isThere = true;
    await wait(bench, 2);
    expect(bench.kafka.clients).to.have.length(1);
  });

  it('gets a fresh client where it was not seen missing, but its log ends before what it has taken', async () => {
    const { bench, batch } = await stuck();
    anew(bench);
    await wait(bench, 8);
    expect(bench.warnings).to.deep.equal([GIVEN_UP]);
    await bench.run();
    expect([bench.kafka.log[0], batch.deliveredAt.size]).to.deep.equal([[...'0123456789'], 10]);
  });

  /** Three topics of one partition, with messages that their client does not send. */
  async function stuckTopics(endOffsets: (topics: readonly string[]) => Promise<EndOffset[]>) {
    const bench = new Bench(new FakeKafka(1));
    const records = ['t', 'u', 'v'].flatMap((topic) => keyed(3).map((record) => ({ ...record, topic })));
    void bench.handover.add(new PackedBatch(records));
    await bench.run();
    void bench.handover.add(new PackedBatch(records));
    await bench.pump();
    bench.endOffsets = (places) => endOffsets(places.map(({ topic }) => topic));
    return bench;
  }

  it('is asked for together with other topics, by one question at a time', async () => {
    const seen = { open: 0, most: 0 };
    const asked: string[][] = [];
    const bench = await stuckTopics(async (topics) => {
      asked.push([...topics]);
      seen.most = Math.max(seen.most, ++seen.open);
      // Several looks fall into the time of one question.
      for (let turn = 0; turn < 9; turn++) await new Promise((resolve) => setImmediate(resolve));
      seen.open--;
      return topics.map(() => 100);
    });
    await wait(bench, 9);
    expect([seen, asked]).to.deep.equal([{ open: 0, most: 1 }, [['t', 'u', 'v']]]);
  });

  it('is asked for soon where there was no time for it, and after ten seconds where nothing was said', async () => {
    const asked: string[] = [];
    const bench = await stuckTopics(async (topics) => {
      asked.push(topics.join(''));
      return topics.map((topic, index) => (topic === 't' ? 'unknown' : index === 0 ? 100 : 'unasked'));
    });
    await wait(bench, 9);
    expect(asked.slice(0, 3)).to.deep.equal(['tuv', 'uv', 'v']);
    await wait(bench, 9);
    expect(asked.slice(3)[0]).to.include('t');
  });

  it('is asked for again after ten seconds where no broker answers', async () => {
    const asked: string[] = [];
    const bench = await stuckTopics(async (topics) => {
      asked.push(topics.join(''));
      throw new Error('no broker answers');
    });
    await wait(bench, 18);
    expect(asked).to.deep.equal(['tuv', 'tuv']);
  });

  it('is another case than a leader that does not answer', async () => {
    const { bench } = await stuck();
    await wait(bench, 20);
    expect(bench.kafka.clients).to.have.length(1);
  });

  it('is handed to whoever renews clients, where another client cannot take the place of this one', async () => {
    const renewed: string[] = [];
    const { bench } = await stuck({ renewal: { renew: (_channel, why) => renewed.push(why) } });
    anew(bench);
    await wait(bench, 8);
    expect([...new Set(renewed), bench.kafka.clients.length]).to.deep.equal([GIVEN_UP, 1]);
  });

  it('is looked after though nothing is heard, while something is in flight', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { bench } = await stuck();
      clock.tick(1000);
      expect(bench.calls).to.equal(1);
      await bench.pump();
      bench.handover.abandon();
      clock.tick(10_000);
      expect(bench.calls).to.equal(1);
    } finally {
      clock.restore();
    }
  });

  it('is looked after also where the turn that handed its messages over is the last one', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const bench = new Bench(new FakeKafka(1));
      void bench.handover.add(new PackedBatch(keyed(3)));
      await bench.run();
      clock.tick(10_000);
      bench.calls = 0;
      void bench.handover.add(new PackedBatch(keyed(3)));
      bench.handover.pump();
      for (let second = 1; second < 4; second++) {
        clock.tick(1000);
        expect(bench.calls).to.equal(second);
        bench.handover.pump();
      }
    } finally {
      clock.restore();
    }
  });
});

describe('a broker that does not answer', () => {
  it('is named once, with the partitions that wait for it, while others go on', async () => {
    const bench = new Bench(new FakeKafka(2));
    void bench.handover.add(new PackedBatch(keyed(20, 10)));
    await bench.pump();
    for (let second = 0; second < 30; second++) {
      bench.now += 1000;
      await bench.pump();
    }
    expect(bench.warnings).to.deep.equal([
      'broker-1:9092 has not answered for 10 s: messages for t [0], t [1] wait, and others go on',
    ]);
  });
});

describe('a topic that grows', () => {
  it('has what was placed before delivered first, so that no key overtakes itself', async () => {
    const bench = new Bench(new FakeKafka(2));
    void bench.handover.add(new PackedBatch(keyed(40, 20)));
    await bench.pump();
    bench.kafka.grow(6);
    bench.now += 30_000;
    bench.topology.check();
    await bench.pump();
    const after = new PackedBatch(keyed(40, 20));
    void bench.handover.add(after);
    await bench.pump();
    const early = bench.kafka.clients.flatMap(({ queued }) => queued).filter(({ batchId }) => batchId === 2);
    expect(early).to.deep.equal([]);
    await bench.run();
    expect(after.deliveredAt.size).to.equal(40);
    expect(bench.kafka.log.slice(2).some(({ length }) => length > 0)).to.equal(true);
  });
});

describe('the choice of a partition', () => {
  it('is the Java client’s for a key', () => {
    // Figures of org.apache.kafka.common.utils.Utils.murmur2, without the sign.
    const expected = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536 };
    for (const [key, hash] of Object.entries(expected))
      expect(murmur2(Buffer.from(`xx${key}`), 2, key.length)).to.equal(hash & 0x7fff_ffff);
  });
});

const partitionOf = (key: string, partitions: number) => murmur2(Buffer.from(key), 0, key.length) % partitions;

/** A generator of numbers below one (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
