/**
 * The documents that the project grew from: every call in them has a translation in the table of docs/migrating.md, and every
 * row of that table is run here, by a test with the row's name.
 */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducerConfig } from '../../src/config/schema/base.ts';
import { validateConfig } from '../../src/config/validate.ts';
import {
  ConfigError,
  DeliveryTimeoutError,
  InvalidMessageError,
  type MessageInput,
  ProducerRuntime,
  PublishError,
} from '../../src/index.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { clientProperties } from '../../src/kinds/kafka/properties.ts';
import { KafkaProducerConfig } from '../../src/kinds/kafka/schema.ts';
import { loadConfig } from '../../src/runtime.ts';
import { ContractReport, producerContract } from '../../src/testing/contract.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { type ReadMessage, readTopic } from '../../src/testing/read-topic.ts';
import { FileProducer } from '../fixtures/producers/file-producer.ts';
import { FlakyProducer } from '../fixtures/producers/flaky-producer.ts';
import { ReportingKafkaProducer } from '../fixtures/producers/reporting-kafka-producer.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

const MIGRATING = new URL('../../docs/migrating.md', import.meta.url);
const MESSAGE_TOO_LARGE = 10;

const scratch = (name: string) => join(mkdtempSync(join(tmpdir(), 'outspool-seeds-')), name);
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');

const titles: string[] = [];

/** A row of the table in docs/migrating.md. */
function row(title: string, body: () => Promise<void>): void {
  titles.push(title);
  it(title, body);
}

type KafkaInput = Partial<ConstructorParameters<typeof KafkaProducer>[0]>;

describe('the documents that the project grew from', () => {
  let kafka: EmbeddedKafka;
  let logs: LogLine[];
  let topics = 0;
  const running: { shutdown(ms?: number): Promise<unknown> }[] = [];

  before(async () => {
    kafka = await EmbeddedKafka.start();
  });
  after(() => kafka.stop());

  let topic: string;
  beforeEach(() => {
    topic = `seed-${topics++}`;
    logs = [];
  });
  afterEach(async () => {
    kafka.setRtt(0);
    for (const producer of running.splice(0)) await producer.shutdown(1000);
  });

  function started<P extends (typeof running)[number]>(producer: P): P {
    running.push(producer);
    return producer;
  }

  const create = (config: KafkaInput = {}) =>
    started(
      new KafkaProducer(
        { name: topic, bootstrap_servers: kafka.bootstrapServers, ...config, type: 'kafka' },
        { logger: noting(logs) },
      ),
    );

  const read = (count: number, from = topic): Promise<ReadMessage[]> =>
    readTopic({ bootstrapServers: kafka.bootstrapServers, topic: from, count, timeoutMs: 60_000 });

  const texts = (messages: readonly ReadMessage[]) => messages.map(({ key, value }) => [key && `${key}`, `${value}`]);

  const properties = (config: KafkaInput) =>
    clientProperties(validateConfig(KafkaProducerConfig, { name: 'a', ...config, type: 'kafka' }) as never);

  describe('tck_py, the producer contract', () => {
    row('TestProducerContract, provider_factory', async () => {
      const registered: string[] = [];
      const factory = () => Promise.reject(new Error('not run here: test/contract does'));
      const runner = {
        describe: (_title: string, body: () => void) => body(),
        it: (title: string) => registered.push(title),
      };
      producerContract('anything', factory, { runner, report: new ContractReport() });
      expect(registered.slice(0, 4)).to.deep.equal([
        'publishes a simple message',
        'publishes with a key',
        'publishes with headers',
        'rejects with PublishError when the server is not there',
      ]);
    });

    row('await producer.publish(topic, payload)', async () => {
      await create().publish(topic, Uint8Array.of(0, 255), PATIENT);
      expect((await read(1)).map(({ value }) => value)).to.deep.equal([Buffer.from([0, 255])]);
    });

    row('publish(topic, payload, key=…, headers=…)', async () => {
      await create().publish(topic, Uint8Array.of(1), { ...PATIENT, key: 'k', headers: { trace: 'abc' } });
      const [message] = await read(1);
      expect([`${message?.key}`, message?.headers]).to.deep.equal(['k', [['trace', Buffer.from('abc')]]]);
    });

    row('raises PublishError when the broker is unavailable', async () => {
      const producer = create({ bootstrap_servers: '127.0.0.1:1' });
      void producer.start(PATIENT).catch(() => {});
      await until(() => logs.some(({ level }) => level === 'warn'));
      const sent = producer.publish(topic, Uint8Array.of(1), { timeout: 200 });
      const error = await sent.catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(PublishError);
      expect((error as Error).message).to.contain('connection refused');
    });
  });

  describe('KafkaProducerStrategy, produce and flush', () => {
    row('KafkaProducerStrategy(bootstrap_servers, kafka_username, kafka_password)', async () => {
      const credentials = { username: 'your_username', password: 'your_password' };
      expect(properties({ bootstrap_servers: 'localhost:9092', ...credentials }).properties).to.include({
        'security.protocol': 'SASL_SSL',
        'sasl.username': 'your_username',
        'sasl.password': 'your_password',
      });
      expect(properties({}).properties).to.include({ 'security.protocol': 'PLAINTEXT' });
    });

    row('gzip compression, client ID "emulator-producer"', async () => {
      const config = { compression: 'gzip', client_id: 'emulator-producer' } as const;
      expect(properties(config).properties).to.include({
        'compression.codec': 'gzip',
        'client.id': 'emulator-producer',
      });
      await create(config).send({ value: 'x'.repeat(10_000) }, PATIENT);
      expect(await read(1)).to.have.length(1);
    });

    row('batching', async () => {
      expect(properties({ linger: '100ms', batch_size: '64KiB' }).properties).to.include({
        'linger.ms': '100',
        'batch.size': '65536',
      });
    });

    row('produce(topic, key, value)', async () => {
      const producer = create();
      producer.produce({ topic, key: 'unique_key', value: { event: 'user_signup', user_id: 12345 } });
      expect(texts(await read(1))).to.deep.equal([['unique_key', '{"event":"user_signup","user_id":12345}']]);
    });

    row('flush(timeout=30)', async () => {
      const producer = create();
      for (let index = 0; index < 100; index++) producer.produce({ value: index });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(producer.stats().delivered).to.equal(100);
    });

    row('delivery_report, overridden', async () => {
      const config = { name: topic, bootstrap_servers: kafka.bootstrapServers, max_message_bytes: '2KB' };
      const producer = started(new ReportingKafkaProducer({ ...config, type: 'kafka' }, { logger: quiet }));
      producer.produce({ value: 'good' });
      producer.produce({ value: 'x'.repeat(4000) });
      await producer.flush(HANG_MS);
      const [good, bad] = producer.lines.sort();
      expect(good).to.equal(`delivered ${topic} "good"`);
      expect(bad).to.match(new RegExp(`^failed ${topic} "x+": .*MSG_SIZE_TOO_LARGE`));
    });
  });

  describe('dtpyfw, send', () => {
    row('KafkaConfig().set_bootstrap_servers([…]).set_security_protocol(…).set_sasl_mechanism(…)…', async () => {
      const { properties: found } = properties({
        bootstrap_servers: ['prod-kafka1:9093', 'prod-kafka2:9093'],
        security_protocol: 'SASL_SSL',
        sasl_mechanism: 'SCRAM-SHA-256',
        username: 'producer_app',
        password: 'secure_password',
        client_id: 'payment-service-v1',
      });
      expect(found).to.include({
        'bootstrap.servers': 'prod-kafka1:9093,prod-kafka2:9093',
        'security.protocol': 'SASL_SSL',
        'sasl.mechanisms': 'SCRAM-SHA-256',
        'sasl.username': 'producer_app',
        'sasl.password': 'secure_password',
        'client.id': 'payment-service-v1',
      });
    });

    row("set_security_protocol('SSL') and TLS files", async () => {
      const { properties: found } = properties({
        security_protocol: 'SSL',
        ssl_cafile: '/tls/ca.pem',
        ssl_certfile: '/tls/client.pem',
        ssl_keyfile: '/tls/client.key',
        ssl_password: 'key_password',
        ssl_check_hostname: false,
      });
      expect(found).to.include({
        'security.protocol': 'SSL',
        'ssl.ca.location': '/tls/ca.pem',
        'ssl.certificate.location': '/tls/client.pem',
        'ssl.key.location': '/tls/client.key',
        'ssl.key.password': 'key_password',
        'ssl.endpoint.identification.algorithm': 'none',
      });
    });

    row("send('orders', value={…}, key='user-123')", async () => {
      const producer = create();
      const sent = [1, 2, 3].map((id) => producer.send({ topic, value: { id }, key: 'user-123' }, PATIENT));
      const partitions = (await Promise.all(sent)).map(({ partition }) => partition);
      expect(new Set(partitions)).to.have.length(1);
      expect(texts(await read(3)).map(([, value]) => value)).to.deep.equal(['{"id":1}', '{"id":2}', '{"id":3}']);
    });

    row("send('logs', value={…}, key=b'app-1')", async () => {
      await create().send({ topic, value: { level: 'INFO' }, key: Buffer.from('app-1') }, PATIENT);
      expect(texts(await read(1))).to.deep.equal([['app-1', '{"level":"INFO"}']]);
    });

    row("send('numbers', value=42), strings, booleans, lists, nested objects", async () => {
      const values: MessageInput['value'][] = [42, 'hello', true, [1, 2, 3], { user: { profile: { name: 'Alice' } } }];
      const producer = create();
      for (const value of values) await producer.send({ key: 'k', value }, PATIENT);
      const found = (await read(values.length)).map(({ value }) => JSON.parse(`${value}`));
      expect(found).to.deep.equal(values);
    });

    row("ValueError: send('', …), send(None, …)", async () => {
      const producer = create();
      for (const bad of ['', null]) {
        const error = await producer
          .send({ topic: bad as string, value: {} }, PATIENT)
          .catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(InvalidMessageError);
        expect((error as Error).message).to.contain('topic: expected a non-empty string');
      }
      expect(producer.stats().accepted).to.equal(0);
    });

    row('TimeoutError: send(…, timeout=1)', async () => {
      const producer = create();
      await producer.start(PATIENT);
      kafka.setRtt(1000);
      const error = await producer.send({ topic, value: {} }, { timeout: 100 }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(DeliveryTimeoutError);
      expect((error as DeliveryTimeoutError).outcome).to.equal('unknown');
    });

    row('Exception: the broker refuses', async () => {
      kafka.failProduce(MESSAGE_TOO_LARGE);
      const error = await create()
        .send({ topic, value: {} }, PATIENT)
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(PublishError);
      expect((error as PublishError).cause)
        .to.have.property('message')
        .that.contains('MSG_SIZE_TOO_LARGE');
    });

    row('log lines: "Message sent", "Producer Error"', async () => {
      const producer = create();
      await producer.send({ topic, key: 'user-1', value: {} }, PATIENT);
      kafka.failProduce(MESSAGE_TOO_LARGE);
      await producer.send({ topic, key: Buffer.from([1]), value: {} }, PATIENT).catch(() => {});
      const told = logs.filter(({ fields }) => 'subject' in fields);
      expect(told.map(({ level, fields }) => [level, fields.subject, fields.topic, fields.key])).to.deep.equal([
        ['debug', 'Message sent', topic, 'user-1'],
        ['error', 'Producer Error', topic, '01'],
      ]);
      expect(told.map(({ fields }) => [fields.log_type, fields.controller])).to.deep.equal([
        ['info', 'outspool.KafkaProducer.send'],
        ['error', 'outspool.KafkaProducer.send'],
      ]);
      expect(told[1]?.fields.err).to.contain('MSG_SIZE_TOO_LARGE');
      expect(told[1]?.fields.payload).to.have.nested.property('error.message').that.contains('MSG_SIZE_TOO_LARGE');
    });

    row('with kafka_instance.producer_context() as producer', async () => {
      const producer = create();
      try {
        producer.produce({ value: { event: 'start' } });
        producer.produce({ value: { event: 'end' } });
      } finally {
        await producer[Symbol.asyncDispose]();
      }
      expect(producer.stats()).to.include({ state: 'closed', delivered: 2, pending: 0 });
    });

    row('send_with_retry(…, max_retries=3)', async () => {
      const config = { name: 'flaky', path: scratch('calls'), failures: 3, max_retries: 3 };
      const producer = started(new FlakyProducer({ ...config, type: 'custom' }, { logger: quiet }));
      await producer.send({ value: 'a' }, PATIENT);
      expect(linesOf(config.path)).to.deep.equal(['connect', ...Array(4).fill('send "a"')]);
    });

    row('MetricsProducer.get_stats()', async () => {
      const producer = create();
      for (let id = 0; id < 10; id++) await producer.send({ value: { id } }, PATIENT);
      const { delivered, undelivered, p50Ms } = producer.stats();
      expect([delivered, undelivered]).to.deep.equal([10, 0]);
      expect(p50Ms).to.be.within(0, HANG_MS);
    });

    row('get_producer(value_serializer=pickle.dumps)', async () => {
      await create().send({ topic, value: Uint8Array.of(0x80, 4) }, PATIENT);
      expect((await read(1))[0]?.value).to.deep.equal(Buffer.from([0x80, 4]));
    });

    row('get_producer().send(…), future not awaited', async () => {
      const producer = create();
      expect(producer.produce({ topic, value: { data: 'value' } })).to.equal(true);
      expect(await read(1)).to.have.length(1);
    });

    row('future.add_callback(on_success).add_errback(on_error)', async () => {
      const producer = create();
      const ends: string[] = [];
      const on = (value: MessageInput['value']) =>
        producer.send({ topic, value }, PATIENT).then(
          (report) => ends.push(`sent to ${report.topic} partition ${report.partition}`),
          (error: Error) => ends.push(error.name),
        );
      await on({ data: 'value' });
      kafka.failProduce(MESSAGE_TOO_LARGE);
      await on({ data: 'other' });
      expect(ends[0]).to.match(new RegExp(`^sent to ${topic} partition [0-3]$`));
      expect(ends[1]).to.equal('PublishError');
    });
  });

  describe('BaseProducer, the framework', () => {
    row('producers.yaml: type, name, max_retries', async () => {
      const file = scratch('producers.yaml');
      writeFileSync(file, 'producers:\n  - type: kafka\n    name: analytics-producer\n    max_retries: 5\n');
      const { producers: definitions } = await loadConfig(file);
      expect(definitions[0]?.config).to.include({
        name: 'analytics-producer',
        max_retries: 5,
        backoff_seconds: 60,
        bootstrap_servers: 'localhost:9092',
      });
      // For the run, the brokers come from code: those on localhost:9092 are somebody else's.
      const here = definitions.map((one) => ({
        ...one,
        config: { ...one.config, bootstrap_servers: kafka.bootstrapServers },
      }));
      const runtime = started(await ProducerRuntime.fromDefinitions(here, { logger: quiet }));
      await runtime.producer('analytics-producer').send({ value: { data: 'example' } }, PATIENT);
      expect(texts(await read(1, 'analytics-producer'))).to.deep.equal([[null, '{"data":"example"}']]);
    });

    const toFile = (path: string) =>
      started(new FileProducer({ type: 'custom', name: 'mine', path }, { logger: quiet }));

    row('class MyCustomProducer(BaseProducer): _connect, _send, _close', async () => {
      const path = scratch('calls');
      const producer = new FlakyProducer({ type: 'custom', name: 'mine', path, failures: 0 }, { logger: quiet });
      await producer.send({ value: 1 }, PATIENT);
      await producer.shutdown(60_000);
      expect(linesOf(path)).to.deep.equal(['connect', 'send 1', 'close']);
    });

    row('produce(is_error=False, message={"data": "example"})', async () => {
      const path = scratch('delivered');
      const producer = toFile(path);
      producer.produce({ value: { data: 'example' } });
      await producer.flush(HANG_MS);
      expect(linesOf(path)).to.deep.equal(['{"topic":"mine","isError":false,"value":{"data":"example"}}']);
      expect(() => producer.produce({ data: 'example' } as never)).to.throw(
        InvalidMessageError,
        '{ value: { data: … } }',
      );
    });

    row('produce(is_error=True, message={…})', async () => {
      const path = scratch('delivered');
      const producer = toFile(path);
      producer.produce({ value: { reason: 'timeout' } }, { isError: true });
      await producer.flush(HANG_MS);
      expect(linesOf(path)).to.deep.equal(['{"topic":"mine","isError":true,"value":{"reason":"timeout"}}']);
    });

    row('max_retries exceeded: the connection is reset after 60 seconds, and retries start again', async () => {
      const config = { name: 'flaky', path: scratch('calls'), failures: 3, max_retries: 2, backoff_seconds: 0.05 };
      const producer = started(new FlakyProducer({ ...config, type: 'custom' }, { logger: quiet }));
      await producer.send({ value: 'a' }, PATIENT);
      const round = ['connect', 'send "a"', 'send "a"', 'send "a"', 'close'];
      expect(linesOf(config.path)).to.deep.equal([...round, 'connect', 'send "a"']);
      expect(producer.config.backoff_seconds).to.equal(0.05);
      expect(BaseProducerConfig.parse({ type: 'custom', name: 'a' }).backoff_seconds).to.equal(60);
    });

    row('Pydantic field_validator', async () => {
      class Checked extends FileProducer {
        static override readonly config = FileProducer.config.extend({ path: z.string().startsWith('/', 'absolute') });
      }
      expect(() => new Checked({ type: 'custom', name: 'a', path: 'relative' })).to.throw(ConfigError, 'path');
    });

    row('shutdown(timeout=10)', async () => {
      const producer = toFile(scratch('delivered'));
      for (let index = 0; index < 100; index++) producer.produce({ value: index });
      const outcome = await producer.shutdown(60_000);
      expect(outcome).to.include({ delivered: 100, undelivered: 0, timedOut: false });
    });
  });

  describe('Kafkify, in a web application', () => {
    row('config: bootstrap_servers, client_id, acks, request_timeout_ms', async () => {
      const config = { bootstrap_servers: 'a:1,b:2', client_id: 'web', attempt_timeout_seconds: 40 };
      const { properties: found, topicProperties } = properties({ ...config, acks: 1, idempotence: false });
      expect(found).to.include({ 'bootstrap.servers': 'a:1,b:2', 'client.id': 'web' });
      expect(topicProperties).to.include({ acks: '1' });
    });

    row('all arguments of aiokafka.AIOKafkaProducer', async () => {
      // Row by row in test/unit/kinds/kafka/aiokafka.test.ts.
      const [, table = ''] = readFileSync(MIGRATING, 'utf8').split('<!-- aiokafka -->');
      expect(table.match(/^\| `\w+` \| /gm)).to.have.length(28);
    });

    row('await producer.start(), await producer.send(topic, value, key), await producer.stop()', async () => {
      const producer = create();
      const server = createServer(async (_request, response) => {
        const { partition, offset } = await producer.send(
          { topic, value: { event: 'call' }, key: 'client-1' },
          PATIENT,
        );
        response.end(JSON.stringify({ partition, offset }));
      });
      await producer.start(PATIENT);
      expect(producer.stats().connection).to.equal('connected');
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;

      const answer = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as { partition: number; offset: number };
      await new Promise((resolve) => server.close(resolve));
      expect(await producer.shutdown(60_000)).to.include({ delivered: 1, timedOut: false });

      const [message] = await read(1);
      expect(message).to.include(answer);
      expect(texts([message as ReadMessage])).to.deep.equal([['client-1', '{"event":"call"}']]);
    });
  });

  it('each row of the table in docs/migrating.md is one of these tests, and the other way round', () => {
    const [, table = ''] = /<!-- seeds -->([\s\S]*?)<!-- \/seeds -->/.exec(readFileSync(MIGRATING, 'utf8')) ?? [];
    const [, body = ''] = table.split('|---|---|---|\n');
    const rows = [...body.matchAll(/^\| \w+ \| (.+?) \| /gm)].map(([, cell]) => cell?.replaceAll('`', ''));
    expect(rows).to.deep.equal(titles);
  });
});
