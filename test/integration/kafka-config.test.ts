/** A Kafka producer's configuration on its way to the worker: what is checked on the caller's side, and what comes of it there. */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, ConnectError } from '../../src/index.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { Inspection } from '../../src/kinds/kafka/librdkafka/inspect/inspection.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { ProducerRuntime } from '../../src/runtime.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT, until } from '../support/until.ts';
import { kafka, yamlFile } from '../unit/config/helpers.ts';

type Config = Omit<ConstructorParameters<typeof KafkaProducer>[0], 'type' | 'name'>;
type Options = ConstructorParameters<typeof KafkaProducer>[1];

const NOBODY = '127.0.0.1:1';
const create = (config: Config, options: Options = {}) =>
  new KafkaProducer({ type: 'kafka', name: 'a', ...config }, { logger: quiet, ...options });

function thrown(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the configuration of a Kafka producer', () => {
  it('from code is checked as one from YAML, whole', () => {
    const config: Config = { ssl_cafile: 'no/such.pem', client: { acks: 1, 'socket.timeout': 5, debug: 'x' } };
    const error = thrown(() => create(config));
    expect(error).to.be.instanceOf(ConfigError);
    // Nothing else is said of a librdkafka that knows TLS.
    const lines = `${error}`
      .replace('ConfigError: ', '')
      .split('\n')
      .filter((line) => !line.includes('was built without'));
    expect(lines).to.deep.equal([
      "ssl_cafile  expected a file that can be read, got text 'no/such.pem', which does not exist (relative to the current directory)",
      "client.acks  has a setting of its own: use 'acks', next to 'client'",
      "client['socket.timeout']  librdkafka has no property 'socket.timeout' (did you mean 'socket.timeout.ms'?)",
      'client.debug  librdkafka refuses the value: Invalid value "x" for configuration property "debug"',
    ]);
  });

  it('may fake a cluster where code allows it, and in the worker nobody asks again', async () => {
    const client = { 'test.mock.num.brokers': 1 };
    expect(() => create({ client })).to.throw(ConfigError, 'allowUnsafeClient');
    const producer = create({ client }, { allowUnsafeClient: true });
    const report = await producer.send({ value: 1 }, PATIENT);
    await producer.shutdown(5000);
    expect(report).to.include({ topic: 'a', offset: 0 });
  });

  it('may do so from YAML, which cannot allow it itself', async () => {
    const file = await yamlFile(kafka('client: { test.mock.num.brokers: 1 }'));
    const error = await ProducerRuntime.fromFile(file).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ConfigError).with.property('message').that.contains('4:15');
    const runtime = await ProducerRuntime.fromFile(file, { allowUnsafeClient: true, logger: quiet });
    expect(await runtime.producer('a').send({ value: 1 }, PATIENT)).to.include({ offset: 0 });
    await runtime.shutdown(5000);
  });

  const withNodeRdkafka = hasNodeRdkafka ? it : undefined;
  withNodeRdkafka?.('with the driver node-rdkafka is checked by librdkafka at the start', async () => {
    const producer = create({ driver: 'node-rdkafka', client: { 'socket.timeout': 5, 'ssl.key.pem': 'hunter2' } });
    const error = await producer.start(PATIENT).catch((thrown: unknown) => thrown);
    await producer.shutdown(1000);
    expect(error).to.be.instanceOf(ConfigError).with.property('message').that.contains('"socket.timeout"');
  });

  it('is tried on librdkafka as a whole, with what only a client of it all shows', () => {
    if (!new Inspection(loadNative()).features().has('ssl')) return;
    const keystore = { 'ssl.keystore.location': '/no/such/keystore', 'ssl.keystore.password': 'hunter2' };
    const error = thrown(() => create({ security_protocol: 'SSL', client: keystore }));
    expect(error).to.be.instanceOf(ConfigError);
    expect(`${error}`).to.match(/client\['ssl\.keystore\.location'\] {2}librdkafka refuses it .*no such file/);
    expect(`${error}`).not.to.include('hunter2');
    expect(thrown(() => create({ security_protocol: 'SSL', client: { 'socket.timeout.ms': 3000 } }))).to.equal(
      undefined,
    );
  });

  it('names TLS files that may go for a while: an outage, for which nothing is given up', async () => {
    if (!new Inspection(loadNative()).features().has('ssl')) return; // they are not read at all
    const ssl_cafile = join(mkdtempSync(join(tmpdir(), 'outspool-config-')), 'ca.pem');
    copyFileSync(join(import.meta.dirname, '../fixtures/tls/certificate.pem'), ssl_cafile);
    const producer = create({ bootstrap_servers: NOBODY, ssl_cafile });
    rmSync(ssl_cafile);
    producer.produce({ value: 1 });
    await until(() => producer.stats().connection === 'backing_off');
    const error = await producer.start({ timeout: 2000 }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ConnectError).with.property('message').that.contains('ssl.ca.location failed');
    expect(producer.stats()).to.include({ state: 'starting', pending: 1 });
    await producer.shutdown(0);
  });
});
