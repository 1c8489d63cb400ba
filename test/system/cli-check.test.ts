/** `produce check` as a person and as a script see it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Checked } from '../../src/cli/check/check-report.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { OddServers } from '../support/odd-servers.ts';
import { runCommand } from '../support/run-command.ts';
import { slowDns } from '../support/slow-dns.ts';

const CONFIG = `producers:
  - type: kafka
    name: orders
    bootstrap_servers: \${BROKERS}
    username: \${NAME}
    password: hunter2-4711
    security_protocol: SASL_PLAINTEXT
  - { type: custom, module: ./sink.cjs, name: sink, works: true }
  - { type: custom, module: ./sink.cjs, name: broken, works: false }
  - type: kafka
    name: plain
    bootstrap_servers:
      - \${BROKERS}
`;

/** A class of one's own; the package is found by the path of its build. */
const SINK = `const { BaseProducer, BaseProducerConfig } = require(${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))});
const { z } = require(${JSON.stringify(join(import.meta.dirname, '../../node_modules/zod'))});
exports.Sink = class Sink extends BaseProducer {
  static module = __filename;
  static config = BaseProducerConfig.extend({ works: z.boolean() });
  async _connect() { if (!this.config.works) throw new Error('the sink is blocked'); }
  async _send() {}
  async _close() {}
};
`;

describe('produce check', () => {
  const odd = new OddServers();
  let folder: string;
  let kafka: EmbeddedKafka;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-cli-check-'));
    writeFileSync(join(folder, 'producers.yaml'), CONFIG, { mode: 0o600 });
    writeFileSync(join(folder, 'sink.cjs'), SINK);
    kafka = await EmbeddedKafka.start({ topics: { plain: 2 } });
  });

  after(async () => {
    await kafka.stop();
    await odd.stop();
    rmSync(folder, { recursive: true });
  });

  const check = (...args: string[]) => {
    const env = { BROKERS: kafka.bootstrapServers, NAME: 'ann' };
    return runCommand({ args: ['check', '-c', 'producers.yaml', '--timeout', '60s', ...args], cwd: folder, env });
  };

  it('says ok, a line for each layer, and ends with 0', async () => {
    const run = await check('plain', 'sink', '--send');
    expect(run.code, run.stderr).to.equal(0);
    const shortened = (line: string) =>
      line.replace(/ +\d+\.\d ms/, ' TIME').replace(/^librdkafka 2\.[\d.]+, .* \(.+\), with .*\blz4\b.*$/, 'LIBRARY');
    const lines = run.stderr.split('\n').map((line) => shortened(line).trimEnd());
    expect(lines).to.deep.equal([
      'sink (custom)',
      '  connect        ok TIME',
      '  round trip     ok TIME  acknowledged: sink',
      '',
      'plain (kafka)',
      '  dns            ok TIME  127.0.0.1',
      '  tcp            ok TIME',
      '  tls            ok TIME  not used (PLAINTEXT)',
      '  sasl           ok TIME  not used (PLAINTEXT)',
      '  metadata       ok TIME  plain: 2 partitions',
      '  authorisation  ok TIME  the broker does not say; a round trip shows it',
      lines[11],
      '',
      'LIBRARY',
      '',
      'ok: 2 of 2 producers can be reached',
      '',
    ]);
    expect(lines[11]).to.match(/^ {2}round trip {5}ok TIME {2}acknowledged: plain, partition [01], offset 0$/);
    expect(run.stdout).to.equal('');
  });

  it('points to the setting at fault, ends with 3, and shows no password', async () => {
    const run = await check('--json');
    expect(run.code, run.stderr).to.equal(3);
    expect(run.stderr).to.match(/^producers\.yaml:7:24 {2}security_protocol {2}127\.0\.0\.1:\d+ .* has no SASL: /m);
    expect(run.stderr).to.match(/^producers\.yaml:9:5 {2}the sink is blocked$/m);
    expect(run.stderr).to.contain('FAILED: 2 of 4 producers can be reached');
    const { ok, producers } = JSON.parse(run.stdout) as { ok: boolean; producers: Checked[] };
    expect([ok, producers.map((one) => [one.name, one.ok])]).to.deep.equal([
      false,
      [
        ['orders', false],
        ['sink', true],
        ['broken', false],
        ['plain', true],
      ],
    ]);
    const failed = producers[0]?.layers.find(({ at }) => at !== undefined);
    expect(failed).to.deep.include({ layer: 'sasl', at: { file: 'producers.yaml', line: 7, column: 24 } });
    expect(run.stdout + run.stderr).not.to.include('hunter2-4711');
  });

  it('ends by its deadline', async () => {
    const silent = `127.0.0.1:${await odd.silent()}`;
    const env = { BROKERS: silent, NAME: 'ann' };
    const run = await runCommand({
      args: ['check', '-c', 'producers.yaml', 'plain', '--timeout', '1s'],
      cwd: folder,
      env,
    });
    expect(run.code).to.equal(3);
    expect(run.stderr).to.match(/^producers\.yaml:13:7 .*accepts connections and never answers/m);
  });

  it('ends by its deadline whatever the resolver does', async () => {
    const name = 'slow.outspool.test';
    const { LD_PRELOAD = '', SLOW_DNS_NAME = '', SLOW_DNS_MS = '' } = slowDns(name, 600_000);
    const env = { LD_PRELOAD, SLOW_DNS_NAME, SLOW_DNS_MS, BROKERS: `${name}:9092`, NAME: 'ann' };
    const run = await runCommand({
      args: ['check', '-c', 'producers.yaml', 'plain', '--timeout', '2s'],
      cwd: folder,
      env,
    });
    expect(run.code).to.equal(3);
    expect(run.stderr).to.match(/^producers\.yaml:13:7 .*the host of slow\.outspool\.test:9092 does not resolve/m);
  });

  it('does without a broker on an embedded cluster', async () => {
    const run = await check('plain', '--embedded', '--send');
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stderr).to.contain('--embedded: starting an embedded Kafka cluster');
  });

  it('refuses a topic that no broker takes, and blames no broker for a timeout without time', async () => {
    const topic = await check('plain', '--topic', 'a b');
    const expected = 'expected 1 to 249 letters, digits, dots, underscores and hyphens';
    expect([topic.code, topic.stderr]).to.deep.equal([
      2,
      `error: option '-t, --topic <topic>': ${expected}, got 'a b'\n`,
    ]);
    const hurried = await check('plain', '--timeout', '1ms');
    expect(hurried.code).to.equal(3);
    expect(hurried.stderr).to.contain('no answer within the timeout of the check, 1 ms: allow more time');
    expect(hurried.stderr).not.to.contain('firewall');
  });

  it('says nothing of its own listeners, however many producers there are', async () => {
    const many = Array.from({ length: 12 }, (_, index) => ({ type: 'kafka', name: `p${index}` }));
    const brokers = { bootstrap_servers: kafka.bootstrapServers };
    const producers = many.map((one) => ({ ...one, ...brokers }));
    writeFileSync(join(folder, 'many.yaml'), JSON.stringify({ producers }));
    for (const args of [
      ['check', '--send'],
      ['smoke', '-n', '3'],
    ]) {
      const run = await runCommand({ args: [...args, '-c', 'many.yaml', '--timeout', '60s'], cwd: folder });
      expect(run.code, run.stderr).to.equal(0);
      expect(run.stderr).not.to.contain('MaxListeners');
    }
  }).timeout(120_000);

  it('knows its producers', async () => {
    const run = await check('plian');
    expect([run.code, run.stderr]).to.deep.equal([
      2,
      "error: there is no producer 'plian' in producers.yaml (did you mean 'plain'?)\n",
    ]);
  });
});
