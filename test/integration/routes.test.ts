/** Routes over the real thing: Kafka, files, spools, threads. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ProducerRuntime } from '../../src/runtime.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { quiet } from '../support/quiet.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

const PADDING = 'x'.repeat(2000);
const COUNT = 5000;

describe('routes', function () {
  this.timeout(120_000);

  const directory = temporaryDirectories();
  let folder: string;
  let kafka: EmbeddedKafka;
  let runtime: ProducerRuntime;
  beforeEach(async () => {
    folder = directory();
    kafka = await EmbeddedKafka.start({ topics: { orders: 1 } });
  });
  afterEach(async () => {
    await runtime.shutdown(5000);
    await kafka.stop();
  });

  async function start(yaml: string): Promise<void> {
    writeFileSync(join(folder, 'pipeline.yaml'), yaml.replaceAll('SERVERS', kafka.bootstrapServers));
    runtime = await ProducerRuntime.fromFile(join(folder, 'pipeline.yaml'), { logger: quiet });
  }

  const values = (file: string) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  const idsRead = async (count: number) => {
    const read = await readTopic({
      timeoutMs: HANG_MS,
      bootstrapServers: kafka.bootstrapServers,
      topic: 'orders',
      count,
    });
    return read.map(({ value }) => JSON.parse(String(value)).id as number);
  };

  const numbers = (count: number) => Array.from({ length: count }, (_, id) => id);

  const stats = (name: string) => runtime.producer(name).stats();

  it('a message that comes out of a spool after a restart still has the fallback of its route', async () => {
    const yaml = `
producers:
  - type: kafka
    name: orders
    bootstrap_servers: SERVERS
    max_message_bytes: 1KB
    backoff_seconds: 0.2
    queue: { spool: { path: spool } }
  - { type: file, name: large, path: large.ndjson, format: value }
  - { type: file, name: other, path: other.ndjson, format: value }
routes:
  - when: { topic: large-*, field: { kind: order } }
    to: orders
    fallback: large
  - to: orders
    fallback: other
`;
    kafka.brokerDown(1);
    await start(yaml);
    const send = (id: number, topic?: string) =>
      runtime.enqueue(
        { ...(topic && { topic }), value: { kind: 'order', id, PADDING: id % 2 ? PADDING : '' } },
        PATIENT,
      );
    for (let id = 0; id < 20; id++) await send(id);
    await send(21, 'large-orders');
    await runtime.producer('orders').enqueue({ value: { id: 23, PADDING } }, PATIENT); // not by a route: no fallback
    const before = await runtime.shutdown(500);
    expect(before.orders).to.include({ spooled: 22, delivered: 0 });

    kafka.brokerUp(1);
    await start(yaml);
    await runtime.producer('orders').start(PATIENT);
    await until(() => stats('orders').pending === 0 && stats('other').pending === 0);
    expect(stats('orders')).to.include({ recovered: 22, delivered: 10, deadLettered: 11, dropped: 1 });
    await runtime.shutdown(5000);
    expect(values('other.ndjson').map(({ id }) => id)).to.have.members(numbers(20).filter((id) => id % 2));
    expect(values('large.ndjson').map(({ id }) => id)).to.deep.equal([21]);
    expect(await idsRead(10)).to.deep.equal(numbers(20).filter((id) => id % 2 === 0));
  });

  it('what `produce spool replay` cannot deliver goes to the fallback of its route, too', async () => {
    const yaml = `
producers:
  - type: kafka
    name: orders
    bootstrap_servers: SERVERS
    max_message_bytes: 1KB
    queue: { spool: { path: spool } }
  - { type: file, name: large, path: large.ndjson, format: value }
  - { type: file, name: unused, path: unused.ndjson }
routes: [{ to: orders, fallback: large }]
`;
    kafka.brokerDown(1);
    await start(yaml);
    for (let id = 0; id < 10; id++) await runtime.enqueue({ value: { id, PADDING: id < 3 ? PADDING : '' } }, PATIENT);
    await runtime.shutdown(500);
    kafka.brokerUp(1);
    const run = await runCommand({ args: ['spool', 'replay', '-c', 'pipeline.yaml', '--json'], cwd: folder });
    expect(run.code, run.stderr).to.equal(1); // not all was delivered by its producer
    expect(JSON.parse(run.stdout).producers[0]).to.include({ delivered: 7, deadLettered: 3, dropped: 0, left: 0 });
    expect(values('large.ndjson').map(({ id }) => id)).to.deep.equal([0, 1, 2]);
    expect(await idsRead(7)).to.deep.equal([3, 4, 5, 6, 7, 8, 9]);
    expect(existsSync(join(folder, 'unused.ndjson'))).to.equal(false);
  });

  const fanOut = (queue: string, more = '') => `
producers:
  - type: kafka
    name: orders
    bootstrap_servers: SERVERS
    backoff_seconds: 0.2
    queue: ${queue}
  - { type: file, name: archive, path: archive.ndjson, format: value, sync: never }
  - { type: memory, name: memory }
${more}
`;

  it('one target that is down holds the others up no earlier than its queue is full, and each has its own books', async () => {
    await start(fanOut('{ max_messages: 1000 }', 'routes: [{ to: [orders, archive, memory] }]'));
    await runtime.send({ value: { id: 0 } }, PATIENT);
    kafka.brokerDown(1);
    const all = Promise.all(numbers(COUNT).map((id) => runtime.enqueue({ value: { id: id + 1 } }, { timeout: '60s' })));
    await until(() => stats('archive').delivered === 1001 && stats('memory').delivered === 1001);
    await sleep(200);
    for (const name of ['orders', 'archive', 'memory']) expect(stats(name), name).to.include({ accepted: 1001 });
    kafka.brokerUp(1);
    await all;
    await runtime.producer('orders').flush(60_000);
    const outcomes = await runtime.shutdown(60_000);
    for (const [name, outcome] of Object.entries(outcomes)) expect(outcome, name).to.include({ delivered: COUNT + 1 });
    expect(values('archive.ndjson').map(({ id }) => id)).to.deep.equal(numbers(COUNT + 1));
    expect(await idsRead(COUNT + 1)).to.deep.equal(numbers(COUNT + 1));
  });

  it('with a queue that holds the outage, the others do not notice it', async () => {
    await start(fanOut('{ max_messages: 100000 }', 'routes: [{ to: [orders, archive, memory] }]'));
    await runtime.send({ value: { id: 0 } }, PATIENT);
    kafka.brokerDown(1);
    for (let id = 1; id <= COUNT; id++) runtime.produce({ value: { id } });
    await Promise.all(['archive', 'memory'].map((name) => runtime.producer(name).flush(60_000)));
    for (const name of ['archive', 'memory'])
      expect(stats(name), name).to.include({ delivered: COUNT + 1, pending: 0 });
    expect(stats('orders')).to.include({ accepted: COUNT + 1, delivered: 1, pending: COUNT });
    kafka.brokerUp(1);
    await runtime.producer('orders').flush(60_000);
    expect(stats('orders')).to.include({ delivered: COUNT + 1, pending: 0 });
    expect(await idsRead(COUNT + 1)).to.deep.equal(numbers(COUNT + 1));
  });

  it('a fallback takes what does not fit, and nothing is lost between the two', async () => {
    await start(fanOut('{ max_messages: 1000 }', 'routes: [{ to: [orders, memory], fallback: archive }]'));
    await runtime.send({ value: { id: 0 } }, PATIENT);
    kafka.brokerDown(1);
    for (let id = 1; id <= COUNT; id++) runtime.produce({ value: { id } });
    await Promise.all(['archive', 'memory'].map((name) => runtime.producer(name).flush(60_000)));
    expect(stats('memory')).to.include({ delivered: COUNT + 1 });
    kafka.brokerUp(1);
    await runtime.producer('orders').flush(60_000);
    const kept = values('archive.ndjson').map(({ id }) => id);
    const sent = await idsRead(1001);
    expect([...sent, ...kept]).to.deep.equal(numbers(COUNT + 1));
  });
});
