/** What can be wrong between a producer and its broker, as far as no real broker is needed: test/brokers has the rest. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { CheckReport } from '../../src/caller/check/check.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { LogLines } from '../support/log-lines.ts';
import { OddServers, tlsFile } from '../support/odd-servers.ts';
import { atSomePace } from '../support/pace.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

type Settings = Partial<ConstructorParameters<typeof KafkaProducer>[0]>;

interface Case {
  /** The part of the port before the settings: `name:port`. */
  readonly at: () => Promise<string> | string;
  readonly settings?: Settings;
  readonly layer: string;
  readonly setting?: string;
  readonly says: RegExp;
}

const SSL: Settings = { security_protocol: 'SSL', ssl_cafile: tlsFile('certificate.pem') };
const summary = ({ layers }: CheckReport) => layers.map(({ layer, ok, reached }) => [layer, reached ? ok : null]);

describe('the way to a Kafka broker', () => {
  const odd = new OddServers();
  let kafka: EmbeddedKafka;

  before(async () => {
    kafka = await EmbeddedKafka.start({ topics: { orders: 3 } });
  });

  after(async () => {
    await kafka.stop();
    await odd.stop();
  });

  const local = async (port: Promise<number>) => `127.0.0.1:${await port}`;
  const tls = (certificate: string, options = {}) => local(odd.tls(kafka.bootstrapServers, certificate, options));
  const create = (settings: Settings, logger = quiet) =>
    new KafkaProducer({ type: 'kafka', name: 'orders', max_retries: 0, ...settings }, { logger });

  const cases: Readonly<Record<string, Case>> = {
    'a name that does not resolve': {
      at: () => 'nowhere.invalid:9092',
      layer: 'dns',
      setting: 'bootstrap_servers',
      says: /the host of nowhere\.invalid:9092 does not resolve/,
    },
    'a closed port': {
      at: () => local(odd.closed()),
      layer: 'tcp',
      setting: 'bootstrap_servers',
      says: /nothing listens at 127\.0\.0\.1:\d+ \(connection refused\)/,
    },
    'a port that accepts and never answers': {
      at: () => local(odd.silent()),
      layer: 'metadata',
      setting: 'bootstrap_servers',
      says: /accepts connections and never answers/,
    },
    'a port that never finishes the TLS handshake': {
      at: () => local(odd.silent()),
      settings: SSL,
      layer: 'tls',
      setting: 'bootstrap_servers',
      says: /accepts connections and never answers/,
    },
    'a port that hangs up': {
      at: () => local(odd.hangingUp()),
      layer: 'metadata',
      setting: 'bootstrap_servers',
      says: /closes the connection without an answer/,
    },
    'a web server': {
      at: () => local(odd.http()),
      layer: 'metadata',
      setting: 'bootstrap_servers',
      says: /answers, but not as Kafka does/,
    },
    'TLS to a port without': {
      at: () => kafka.bootstrapServers,
      settings: SSL,
      layer: 'tls',
      setting: 'security_protocol',
      says: /speaks no TLS, and 'security_protocol' is SSL.*PLAINTEXT/,
    },
    'no TLS to a port with it': {
      at: () => tls('server.pem'),
      layer: 'tls',
      setting: 'security_protocol',
      says: /speaks TLS, and 'security_protocol' is PLAINTEXT.*set 'security_protocol' to SSL/,
    },
    'an expired certificate': {
      at: () => tls('expired.pem'),
      settings: SSL,
      layer: 'tls',
      says: /the certificate of 127\.0\.0\.1:\d+ expired on 2020-02-01/,
    },
    'an unknown authority': {
      at: () => tls('server.pem'),
      settings: { ...SSL, ssl_cafile: tlsFile('stranger.pem') },
      layer: 'tls',
      setting: 'ssl_cafile',
      says: /signed by an unknown authority \(outspool tests\).*ssl_cafile/,
    },
    'an authority that the system does not know': {
      at: () => tls('server.pem'),
      settings: { security_protocol: 'SSL' },
      layer: 'tls',
      setting: 'ssl_cafile',
      says: /signed by an unknown authority/,
    },
    'a name that is not in the certificate': {
      at: () => tls('misnamed.pem'),
      settings: SSL,
      layer: 'tls',
      setting: 'bootstrap_servers',
      says: /is not for '127\.0\.0\.1' but for elsewhere\.example.*ssl_check_hostname/,
    },
    'a broker that wants a certificate': {
      at: () => tls('server.pem', { requestCert: true }),
      settings: SSL,
      layer: 'tls',
      setting: 'ssl_certfile',
      says: /wants a certificate of this client.*ssl_certfile/,
    },
  };

  for (const [what, { at, settings, layer, setting, says }] of Object.entries(cases)) {
    it(`is named right by check(): ${what}`, () =>
      atSomePace(async (pace) => {
        const producer = create({ ...settings, bootstrap_servers: await at() });
        const { ok, layers } = await producer.check({ timeout: what.includes('never') ? pace * 5000 : HANG_MS });
        const failed = layers.filter((one) => one.reached && !one.ok);
        expect(ok).to.equal(false);
        expect(failed.map((one) => [one.layer, one.setting])).to.deep.equal([[layer, setting]]);
        expect(`${failed[0]?.problem}: ${failed[0]?.advice}`).to.match(says);
        await producer.shutdown(500);
      }));

    it(`is named right by the first line of the log: ${what}`, async () => {
      const log = new LogLines();
      const producer = create(
        { ...settings, bootstrap_servers: await at(), connect_timeout_seconds: what.includes('never') ? 5 : 60 },
        log,
      );
      producer.produce({ value: 1 });
      await until(() => log.first !== undefined);
      expect(log.first?.text)
        .to.match(/^cannot connect .*ConnectError: /)
        .and.to.match(says);
      await producer.shutdown(500);
    });
  }

  it('is open through TLS and with a client certificate as far as the broker has answered', async () => {
    const mutual = { requestCert: true, ca: readFileSync(tlsFile('certificate.pem')) };
    const ssl_certfile = tlsFile('server.pem');
    const settings = { ...SSL, ssl_certfile, ssl_keyfile: tlsFile('server-key.pem') };
    const producer = create({ ...settings, bootstrap_servers: await tls('server.pem', mutual) });
    const { layers } = await producer.check(PATIENT);
    expect(layers.slice(0, 4).every(({ ok }) => ok)).to.equal(true);
    // The embedded cluster names its own port to whoever has connected, and that one has no TLS.
    expect(layers[4]?.problem).to.contain('a broker gives itself a name that is of no use here');
    expect(layers[4]?.advice).to.contain('advertised.listeners');
    await producer.shutdown(500);
  });

  it('is open through TLS to a host of another name where names do not count', async () => {
    const producer = create({ ...SSL, ssl_check_hostname: false, bootstrap_servers: await tls('misnamed.pem') });
    const { layers } = await producer.check(PATIENT);
    expect(layers.slice(0, 4).every(({ ok }) => ok)).to.equal(true);
    await producer.shutdown(500);
  });

  it('is open as far as the acknowledgement of a message, which says what it is', async () => {
    const producer = create({ bootstrap_servers: kafka.bootstrapServers });
    const report = await producer.check({ ...PATIENT, roundTrip: true });
    expect(summary(report)).to.deep.equal([
      ['dns', true],
      ['tcp', true],
      ['tls', true],
      ['sasl', true],
      ['metadata', true],
      ['authorisation', true],
      ['round trip', true],
    ]);
    expect(report.layers.at(-1)?.note).to.match(/^acknowledged: orders, partition [0-2], offset 0$/);
    expect(report.layers[4]?.note).to.equal('orders: 3 partitions');
    expect(producer.stats()).to.include({ accepted: 1, delivered: 1 });
    await producer.shutdown(500);
  });

  it('warns of a topic that does not exist, and does not make it', async () => {
    const producer = create({ bootstrap_servers: kafka.bootstrapServers });
    for (const _time of [1, 2]) {
      const { ok, layers } = await producer.check({ ...PATIENT, topic: 'absent' });
      expect(ok).to.equal(true);
      expect(layers[4]?.warning).to.contain('the topic absent does not exist');
    }
    await producer.shutdown(500);
  });

  it('is open when one of several servers is; what ails the others is a warning', async () => {
    const closed = await local(odd.closed());
    const producer = create({ bootstrap_servers: ['nowhere.invalid:1', closed, kafka.bootstrapServers] });
    const { ok, layers } = await producer.check(PATIENT);
    expect(ok).to.equal(true);
    expect(layers[0]?.warning).to.contain('nowhere.invalid:1 does not resolve');
    expect(layers[1]?.warning).to.contain(`nothing listens at ${closed}`);
    await producer.shutdown(500);
  });

  it('names the layer at which it ends, and those that were not reached', async () => {
    const producer = create({ bootstrap_servers: await local(odd.closed()) });
    const report = await producer.check({ ...PATIENT, roundTrip: true });
    expect(summary(report).slice(0, 4)).to.deep.equal([
      ['dns', true],
      ['tcp', false],
      ['tls', null],
      ['sasl', null],
    ]);
    expect(producer.stats().accepted).to.equal(0);
    await producer.shutdown(500);
  });

  const withNodeRdkafka = hasNodeRdkafka ? it : undefined;
  withNodeRdkafka?.('is looked at with node-rdkafka too, up to TLS and then by connecting', async () => {
    const producer = create({ driver: 'node-rdkafka', bootstrap_servers: kafka.bootstrapServers });
    const report = await producer.check({ ...PATIENT, roundTrip: true });
    expect(summary(report).map(([layer]) => layer)).to.deep.equal(['dns', 'tcp', 'tls', 'connect', 'round trip']);
    expect(report.ok).to.equal(true);
    await producer.shutdown(2000);
    const log = new LogLines();
    const other = create({ driver: 'node-rdkafka', ...SSL, bootstrap_servers: await tls('expired.pem') }, log);
    other.produce({ value: 1 });
    await until(() => log.all.includes('cannot connect'));
    expect(log.lines.find(({ text }) => text.includes('cannot connect'))?.text).to.contain('expired on 2020-02-01');
    await other.shutdown(500);
  });

  it('is given up by the deadline and by the signal', async () => {
    const producer = create({ ...SSL, bootstrap_servers: await local(odd.silent()), connect_timeout_seconds: 3600 });
    expect((await producer.check({ timeout: 300 })).ok).to.equal(false);
    const reason = await producer.check({ signal: AbortSignal.timeout(50) }).catch((error) => error);
    expect(reason).to.include({ name: 'TimeoutError' });
    await producer.shutdown(500);
  });
});
