import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import type { Producer } from 'node-rdkafka';
import { BatchMemory } from '../../../../../src/kinds/kafka/batches/packed-record.ts';
import { NodeRdkafkaChannel } from '../../../../../src/kinds/kafka/node-rdkafka/channel.ts';
import { StatisticsReader } from '../../../../../src/kinds/kafka/node-rdkafka/statistics.ts';
import type { Report } from '../../../../../src/kinds/kafka/partitions/channel.ts';
import { Run } from '../../../../../src/kinds/kafka/partitions/run.ts';
import { ticketOf } from '../../../../../src/kinds/kafka/partitions/tickets.ts';
import { PackedBatch } from '../../../../support/packed-batch.ts';

const PURGED = -152;
const TOO_LARGE = 10;
const ID = 7;
/** Of librdkafka's clock, in µs. */
const FIRST = 7_000_000_000_000;
/** Later than all that a test does before it. */
const LATER = 60_000;

/** A producer of the binding that only takes messages: a test says what it reports. */
class FakeProducer extends EventEmitter {
  readonly questions: number[] = [];
  produce(...[, , , , , ticket]: [unknown, unknown, unknown, unknown, unknown, number]): void {
    if (ticket < 0) this.questions.push(ticket);
  }
  poll(): void {}
  getMetadata(_: unknown, done: (error: null, metadata: object) => void): void {
    done(null, { topics: [], brokers: [] });
  }
  disconnect(_ms: number, done?: () => void): void {
    done?.();
  }

  /** What became of the message `index`. */
  report(index: number, text?: string): void {
    const error = text === undefined ? null : { message: text };
    this.emit('delivery-report', error, { opaque: ticketOf(ID, index), partition: 0, offset: index });
  }

  /** Its queues had so many messages, by partition, `ms` after the first of these. */
  count(ms: number, ...queues: ReadonlyArray<readonly [waiting: number, taken: number]>): void {
    const partitions = Object.fromEntries(
      queues.map(([msgq_cnt, xmit_msgq_cnt], at) => [at, { msgq_cnt, xmit_msgq_cnt }]),
    );
    this.emit('event.stats', { message: JSON.stringify({ ts: FIRST + ms * 1000, topics: { t: { partitions } } }) });
  }
}

function bench(count: number, stopsAtRefusal = true) {
  const producer = new FakeProducer();
  const reports: { index: number; code: number }[] = [];
  const channel = new NodeRdkafkaChannel({
    producer: producer as unknown as Producer,
    properties: {},
    single: false,
    stopsAtRefusal,
    report: (_channel, { index, code }: Report) => reports.push({ index, code }),
    onTurn: () => {},
  });
  const batch = new PackedBatch(Array.from({ length: count }, (_, n) => ({ value: String(n), flags: 0 })));
  const run = new Run();
  run.begin('t', 0);
  for (let index = 0; index < count; index++)
    run.add({ id: ID, batch, memory: new BatchMemory(batch.memory, 0) }, index);
  channel.produce(run);
  producer.count(0, [count, 0]);
  return { producer, channel, reports, close: () => channel.close(0) };
}

describe('a client of node-rdkafka', () => {
  it('gives back what it has queued again, when it has given up and nothing is in flight', async () => {
    const { producer, reports, close } = bench(4);
    producer.report(0, 'message size too large');
    producer.count(LATER, [1, 0], [0, 2]);
    expect(reports).to.deep.equal([
      { index: 0, code: TOO_LARGE },
      ...[1, 2, 3].map((index) => ({ index, code: PURGED })),
    ]);
    producer.report(1);
    expect(reports, 'a report of what was given back').to.have.length(4);
    await close();
  });

  it('gives nothing back while something may be in flight, or is reported on', async () => {
    const { producer, reports, close } = bench(3);
    producer.report(0, 'message size too large');
    producer.count(LATER, [1, 0]);
    expect(reports).to.have.length(1);
    producer.report(1);
    producer.count(LATER, [1, 0]);
    expect(reports.slice(1)).to.deep.equal([
      { index: 1, code: 0 },
      { index: 2, code: PURGED },
    ]);
    await close();
  });

  it('gives nothing back while it goes on', async () => {
    const { producer, reports, close } = bench(2);
    producer.count(LATER, [2, 0]);
    expect(reports).to.deep.equal([]);
    await close();
  });

  it('takes its questions after topics for none of the messages', async () => {
    const { producer, channel, reports, close } = bench(3);
    await channel.ask(['missing', 'missing too']);
    producer.report(0, 'message size too large');
    producer.count(LATER, [2, 0]);
    expect(reports, 'two questions are queued, and two messages are in flight').to.have.length(1);
    producer.count(LATER, [4, 0]);
    expect(reports.slice(1)).to.deep.equal([1, 2].map((index) => ({ index, code: PURGED })));
    for (const opaque of producer.questions)
      producer.emit('delivery-report', null, { opaque, partition: 0, offset: 0 });
    expect(producer.questions).to.have.length(2);
    expect(reports).to.have.length(3);
    await close();
  });

  it('gives nothing back by a count from before its end, whenever it reads that', async () => {
    const { producer, reports, close } = bench(3);
    producer.report(0, 'message size too large');
    producer.count(0, [2, 0]);
    expect(reports).to.have.length(1);
    producer.count(LATER, [2, 0]);
    expect(reports).to.have.length(3);
    await close();
  });

  it("counts what is queued in all topics and partitions, by librdkafka's own names", () => {
    const queued = (statistics: object) => new StatisticsReader().read(JSON.stringify({ ts: 1, ...statistics })).queued;
    expect(queued({ topics: {} })).to.equal(0);
    expect(queued({ name: 'a client without topics' })).to.equal(0);
    const partitions = {
      '-1': { msgq_cnt: 1, xmit_msgq_cnt: 0 },
      0: { msgq_cnt: 2, xmit_msgq_cnt: 4, msgs_inflight: 8 },
    };
    expect(queued({ topics: { a: { partitions }, b: { partitions } } })).to.equal(14);
  });

  it('knows when a count was taken, at the earliest, by differences alone', () => {
    const before = performance.now();
    const reader = new StatisticsReader();
    const after = performance.now();
    const taken = (ms: number) => reader.read(JSON.stringify({ ts: FIRST + ms * 1000 })).notBefore;
    expect(taken(0)).to.be.within(before, after);
    expect(taken(2500)).to.be.within(before + 2500, after + 2500);
  });
});
