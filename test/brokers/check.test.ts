/**
 * Eleven ways to miss Apache Kafka: each named right by `check()`, by `produce check` with the line of the setting, and by
 * the first line of a running producer's log, soon; and no secret in anything that any of them says.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { CheckReport } from '../../src/caller/check/check.ts';
import type { Checked } from '../../src/cli/check/check-report.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { LogLines } from '../support/log-lines.ts';
import { OddServers } from '../support/odd-servers.ts';
import { quiet } from '../support/quiet.ts';
import { lastJson, runCommand } from '../support/run-command.ts';
import { until } from '../support/until.ts';
import { brokers, createTopic, FORBIDDEN } from './index.ts';
import { asUser, secure } from './secure.ts';

const WRONG = 'wrong-7f3a9c21';
const FORBIDDEN_TOPIC = `${FORBIDDEN.write}-check`;
/** What is promised is 2 s, which the long tier and `npm run accept` demand; beside other tests it is no measure. */
const FIRST_LINE_MS = Number(process.env.OUTSPOOL_FIRST_LINE_MS ?? 60_000);
/** The silent port is named within this. */
const CONNECT_SECONDS = 3;

type Changes = Readonly<Record<string, string>>;

interface Case {
  readonly settings: () => Promise<Changes> | Changes;
  readonly layer: string;
  /** Where `produce check` points to; a setting that the file does not give is where the producer is. */
  readonly setting?: string;
  readonly says: RegExp;
}

describe('what keeps a producer from Apache Kafka', () => {
  const kafka = brokers('single');
  const { users, certificates, bootstrapServers } = kafka;
  const odd = new OddServers();
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-check-'));
    await createTopic(kafka, 'check', {}).catch(() => {}); // there from an earlier run
    await createTopic(kafka, FORBIDDEN_TOPIC, {}).catch(() => {});
  });

  after(async () => {
    await odd.stop();
    rmSync(folder, { recursive: true });
  });

  const local = async (port: Promise<number>) => ({ bootstrap_servers: `127.0.0.1:${await port}` });
  const scram = 'SCRAM-SHA-256';

  const cases: Readonly<Record<string, Case>> = {
    'a wrong password': {
      settings: () => ({ ...secure(kafka, 'saslSsl', scram), password: WRONG }),
      layer: 'sasl',
      setting: 'password',
      says: /refuses the user name or the password.*'username' and 'password'/,
    },
    'a wrong password for PLAIN': {
      settings: () => ({ ...secure(kafka, 'saslPlaintext'), password: WRONG }),
      layer: 'sasl',
      setting: 'password',
      says: /refuses the user name or the password.*'username' and 'password'/,
    },
    'a mechanism that the broker does not know': {
      settings: () => secure(kafka, 'plainOnly', scram),
      layer: 'sasl',
      setting: 'sasl_mechanism',
      says: /does not accept the SASL mechanism SCRAM-SHA-256; it offers PLAIN/,
    },
    'TLS to a port without': {
      settings: () => ({ ...secure(kafka, 'ssl'), bootstrap_servers: bootstrapServers.plaintext }),
      layer: 'tls',
      setting: 'security_protocol',
      says: /speaks no TLS.*set 'security_protocol' to PLAINTEXT/,
    },
    'no TLS to a port with it': {
      settings: () => ({ ...secure(kafka, 'saslPlaintext'), bootstrap_servers: bootstrapServers.saslSsl }),
      layer: 'tls',
      setting: 'security_protocol',
      says: /speaks TLS.*set 'security_protocol' to SASL_SSL/,
    },
    'an expired certificate': {
      settings: () => secure(kafka, 'expired'),
      layer: 'tls',
      says: /the certificate of localhost:\d+ expired on 2020-02-01/,
    },
    'an unknown authority': {
      settings: () => ({ ...secure(kafka, 'saslSsl', scram), ssl_cafile: certificates.strangerCa }),
      layer: 'tls',
      setting: 'ssl_cafile',
      says: /signed by an unknown authority \(ca\).*'ssl_cafile'/,
    },
    'a name that is not in the certificate': {
      settings: () => secure(kafka, 'misnamed'),
      layer: 'tls',
      setting: 'bootstrap_servers',
      says: /is not for 'localhost' but for elsewhere\.example/,
    },
    'a host that does not resolve': {
      settings: () => ({ ...secure(kafka, 'saslSsl'), bootstrap_servers: 'nowhere.invalid:9092' }),
      layer: 'dns',
      setting: 'bootstrap_servers',
      says: /the host of nowhere\.invalid:9092 does not resolve/,
    },
    'a closed port': {
      settings: async () => ({ ...secure(kafka, 'saslSsl'), ...(await local(odd.closed())) }),
      layer: 'tcp',
      setting: 'bootstrap_servers',
      says: /nothing listens at 127\.0\.0\.1:\d+/,
    },
    'a silent port': {
      settings: async () => ({ ...secure(kafka, 'saslPlaintext'), ...(await local(odd.silent())) }),
      layer: 'metadata',
      setting: 'bootstrap_servers',
      says: /accepts connections and never answers/,
    },
    'no permission on the topic': {
      settings: () => ({ ...secure(kafka, 'saslSsl', scram), topic: FORBIDDEN_TOPIC }),
      layer: 'authorisation',
      setting: 'topic',
      says: /topic.*WRITE on .*granted to (?:this|the) user/i,
    },
    'no permission to write anything': {
      settings: () => ({ ...secure(kafka, 'saslSsl'), ...asUser(users.reader), topic: 'check' }),
      layer: 'authorisation',
      setting: 'topic',
      says: /no permission to write.*WRITE on/,
    },
    'a certificate that is missing': {
      settings: () => ({ ...secure(kafka, 'ssl'), bootstrap_servers: bootstrapServers.mtls }),
      layer: 'tls',
      setting: 'ssl_certfile',
      says: /wants a certificate of this client/,
    },
    'a certificate that the broker does not trust': {
      settings: () => {
        const { strangerCertificate: ssl_certfile, strangerKey: ssl_keyfile } = certificates;
        return { ...secure(kafka, 'mtls'), ssl_certfile, ssl_keyfile };
      },
      layer: 'tls',
      setting: 'ssl_certfile',
      says: /refuses the certificate of this client/,
    },
    'a user for a listener that has none': {
      settings: () => ({ ...secure(kafka, 'saslPlaintext'), bootstrap_servers: bootstrapServers.plaintext }),
      layer: 'sasl',
      setting: 'security_protocol',
      says: /this listener has no SASL/,
    },
    'no user for a listener that wants one': {
      settings: () => ({ bootstrap_servers: bootstrapServers.saslPlaintext }),
      layer: 'sasl',
      setting: 'security_protocol',
      says: /closes the connection at the first request, as a listener with SASL does/,
    },
  };

  const create = (settings: Changes, logger = quiet) => {
    const config = { topic: 'check', ...settings, bootstrap_servers: String(settings.bootstrap_servers) };
    return new KafkaProducer(
      { type: 'kafka', name: 'check', max_retries: 0, connect_timeout_seconds: CONNECT_SECONDS, ...config },
      { logger },
    );
  };

  const secrets = [WRONG, certificates.keyPassword, ...Object.values(users).map(({ password }) => password)];
  const expectNoSecret = (said: string) => expect(secrets.filter((secret) => said.includes(secret))).to.deep.equal([]);

  const failureOf = ({ layers }: CheckReport) => layers.find(({ ok, reached }) => reached && !ok);

  for (const [what, { settings, layer, setting, says }] of Object.entries(cases)) {
    it(`check() names it: ${what}`, async () => {
      const log = new LogLines();
      const producer = create(await settings(), log);
      const report = await producer.check({ timeout: 4000 });
      const failure = failureOf(report);
      expect([failure?.layer, failure?.setting], JSON.stringify(report)).to.deep.equal([layer, setting]);
      expect(`${failure?.problem}: ${failure?.advice}`).to.match(says);
      await producer.shutdown(500);
      expectNoSecret(JSON.stringify(report) + log.all);
    });

    it(`produce check points to it: ${what}`, async () => {
      const changes = { topic: 'check', ...(await settings()) };
      const file = join(folder, 'producers.yaml');
      writeFileSync(file, stringify({ producers: [{ type: 'kafka', name: 'check', ...changes }] }), { mode: 0o600 });
      const run = await runCommand({
        args: ['check', '-c', 'producers.yaml', '--json', '--timeout', '4s'],
        cwd: folder,
      });
      expect(run.code, run.stderr).to.equal(3);
      // Lines of the file: `producers:`, then `type`, `name` and the settings; the producer is where its first key is.
      const key = Object.keys(changes).indexOf(setting ?? '');
      const line = key < 0 ? 2 : key + 4;
      const pointed = run.stderr.split('\n').find((text) => text.startsWith(`producers.yaml:${line}:`));
      expect(pointed, run.stderr).to.match(says);
      const { layers } = lastJson(run).producers[0] as unknown as Pick<Checked, 'layers'>;
      expect(layers.find(({ at }) => at !== undefined))
        .to.include({ layer })
        .and.to.have.nested.property('at.line', line);
      expectNoSecret(run.stderr + run.stdout);
    });

    it(`the first line of the log names it: ${what}`, async () => {
      const log = new LogLines();
      const producer = create(await settings(), log);
      producer.produce({ value: 1 });
      await until(() => log.first !== undefined);
      const isSilent = what.includes('silent');
      expect(log.first?.text).to.match(says);
      expect(log.first?.atMs).to.be.below(isSilent ? CONNECT_SECONDS * 1000 + FIRST_LINE_MS / 4 : FIRST_LINE_MS);
      await producer.shutdown(500);
      expectNoSecret(log.all);
    });
  }

  for (const listener of ['plaintext', 'saslPlaintext', 'saslSsl', 'ssl', 'mtls'] as const) {
    it(`nothing, through ${listener}: a message goes there and its acknowledgement comes back`, async () => {
      const log = new LogLines();
      const producer = create(secure(kafka, listener), log);
      const report = await producer.check({ roundTrip: true });
      expect(report.ok, JSON.stringify(report)).to.equal(true);
      expect(report.layers.map(({ layer }) => layer)).to.deep.equal([
        'dns',
        'tcp',
        'tls',
        'sasl',
        'metadata',
        'authorisation',
        'round trip',
      ]);
      expect(report.layers[4]?.note).to.equal('check: 4 partitions');
      expect(report.layers[5]?.note).to.equal('may write to check');
      expect(report.layers[6]?.note).to.match(/^acknowledged: check, partition \d, offset \d+$/);
      await producer.shutdown(1000);
      expectNoSecret(JSON.stringify(report) + log.all);
    });
  }

  it('nothing, for a topic that is not there: says so, and does not make it', async () => {
    const producer = create(secure(kafka, 'plaintext'));
    const topic = `absent-${Date.now()}`;
    for (const _time of [1, 2]) {
      const { ok, layers } = await producer.check({ topic });
      expect(ok).to.equal(true);
      expect(layers[4]?.warning).to.contain(`the topic ${topic} does not exist`);
    }
    await producer.shutdown(500);
  });
});
