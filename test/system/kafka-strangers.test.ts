/** Servers that answer librdkafka's first questions in a way that ends the process, each met by a process of its own. */

import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { type Body, FakeBroker, int16, int32, METADATA, soundVersions, VERSIONS } from '../support/fake-broker.ts';
import { OddServers, tlsFile } from '../support/odd-servers.ts';
import { runScript } from '../support/run-script.ts';

const script = fileURLToPath(new URL('../support/strangers-host.js', import.meta.url));
const UNSUPPORTED_VERSION = 35;
const ZEROS = Buffer.alloc(64);
/** Of an answer to Metadata, behind its brokers: no rack of the last one, no name of the cluster, a controller, no topics. */
const END = Buffer.concat([Buffer.from([0, 0, 0]), int32(1), Buffer.from([1, 0])]);

/** A native crash rejects: the process then ends by a signal. */
async function meet(settings: object) {
  return JSON.parse(await runScript([script, JSON.stringify(settings)])) as {
    problem?: string;
    log: string;
    delivered: number;
  };
}

const STRANGERS: Readonly<Record<string, Body>> = {
  'zeros for everything': () => ZEROS,
  'a list of versions that is null behind a number of five bytes': ({ api }) =>
    api === VERSIONS ? Buffer.concat([int16(0), Buffer.from([0x80, 0x80, 0x80, 0x80, 0x10]), ZEROS]) : ZEROS,
  'a null list of versions to the older question': ({ api, version }) =>
    api === VERSIONS && version > 0
      ? Buffer.concat([int16(UNSUPPORTED_VERSION), ZEROS])
      : Buffer.concat([int16(0), int32(-1)]),
  'a list of versions that ends too early': () => Buffer.concat([int16(0), Buffer.from([9]), int16(0)]),
  'zeros for the metadata': (asked) => (asked.api === VERSIONS ? soundVersions(asked) : ZEROS),
  'a null list of topics in the metadata': (asked) =>
    asked.api === METADATA
      ? Buffer.concat([Buffer.from([0]), int32(0), Buffer.from([1, 0]), int32(1), Buffer.from([0, 0])])
      : soundVersions(asked),
  'a broker without a host in the metadata': (asked) =>
    asked.api === METADATA
      ? Buffer.concat([Buffer.from([0]), int32(0), Buffer.from([2]), int32(1), Buffer.from([0]), int32(9092), END])
      : soundVersions(asked),
};
const CLIENTS: Readonly<Record<string, object>> = {
  transactional: { transactional_id: 'strangers' },
  ...(hasNodeRdkafka && { 'node-rdkafka': { driver: 'node-rdkafka' } }),
};
const USER = { security_protocol: 'SASL_PLAINTEXT', username: 'u', password: 'p', sasl_mechanism: 'PLAIN' };
const SSL = { security_protocol: 'SSL', ssl_cafile: tlsFile('certificate.pem') };

describe('a Kafka server that answers nonsense', function () {
  this.timeout(120_000);
  const odd = new OddServers();
  const brokers: FakeBroker[] = [];

  const start = async (body: Body) => {
    const broker = await FakeBroker.start(body);
    brokers.push(broker);
    return broker;
  };

  after(async () => {
    await odd.stop();
    for (const broker of brokers) await broker.stop();
  });

  async function expectOutage(settings: object) {
    const { problem, log } = await meet(settings);
    expect(problem).to.contain('answers, but not as Kafka does');
    expect(log).to.match(/cannot connect .*answers, but not as Kafka does/);
  }

  for (const [what, body] of Object.entries(STRANGERS))
    it(`is an outage: ${what}`, async () => {
      await expectOutage({ bootstrap_servers: (await start(body)).address });
    });

  for (const [client, settings] of Object.entries(CLIENTS))
    for (const what of ['zeros for everything', 'zeros for the metadata'])
      it(`ends no process with a ${client} client: ${what}`, async () => {
        const { address } = await start(STRANGERS[what] as Body);
        const { log } = await meet({ ...settings, bootstrap_servers: address });
        expect(log).to.match(/cannot connect .*not as Kafka does/);
      });

  it('is an outage behind TLS', async () => {
    const { address } = await start(() => ZEROS);
    await expectOutage({ ...SSL, bootstrap_servers: `127.0.0.1:${await odd.tls(address, 'server.pem')}` });
  });

  it('is an outage before a user name has been proved', async () => {
    const { address, asked } = await start(() => ZEROS);
    await expectOutage({ ...USER, bootstrap_servers: address });
    expect(new Set(asked.map(({ api }) => api))).to.deep.equal(new Set([VERSIONS]));
  });

  it('is left out where another server is Kafka, by name and by address, with a warning', async () => {
    await using kafka = await EmbeddedKafka.start({ topics: { orders: 1 } });
    const { address } = await start(() => ZEROS);
    const localhost = address.replace('127.0.0.1', 'localhost');
    const { delivered, log } = await meet({ bootstrap_servers: [address, localhost, kafka.bootstrapServers] });
    expect(delivered).to.equal(1);
    for (const name of [address, localhost]) expect(log).to.contain(`${name} answers, but not as Kafka does`);
  });

  it('is told from one that is silent or away, which is left to librdkafka', async () => {
    await using kafka = await EmbeddedKafka.start({ topics: { orders: 1 } });
    const servers = [`127.0.0.1:${await odd.silent()}`, `127.0.0.1:${await odd.closed()}`, 'nowhere.invalid:9092'];
    const { delivered, log } = await meet({ bootstrap_servers: [...servers, kafka.bootstrapServers] });
    expect(delivered).to.equal(1);
    expect(log).not.to.contain('not as Kafka does');
  });
});
