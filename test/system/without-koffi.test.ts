/** What works where koffi, librdkafka or node-rdkafka is missing; each process here is one in which it is. */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { runCommand } from '../support/run-command.ts';
import { ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const LIFE = here('../support/whole-life.js');
const CUSTOM = here('../fixtures/producers/file-producer.js');

type Env = Readonly<Record<string, string>>;

const hiding = (...packages: string[]): Env => ({
  HIDDEN_PACKAGES: packages.join(','),
  NODE_OPTIONS: `--require ${here('../fixtures/hide-packages.cjs')}`,
});

const MISSING: Readonly<Record<string, Env>> = {
  'without koffi': hiding('koffi'),
  'with koffi and without a librdkafka': { OUTSPOOL_LIBRDKAFKA: '/no/such/librdkafka.so.1' },
  'with koffi and a librdkafka that does not load': { OUTSPOOL_LIBRDKAFKA: CUSTOM },
};
const NOTHING = hiding('koffi', 'node-rdkafka');
const STACK = /^\s+at .+:\d+|Require stack/m;

interface Life {
  readonly delivered: number;
  readonly pending: number;
  readonly restarts: number;
}

/** A producer's life in a process of its own. */
function live(args: readonly string[], env: Env): Promise<{ life: Life; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [LIFE, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve({ life: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''), stderr });
    });
  });
}

describe('a process in which something native is missing', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();
  let kafka: EmbeddedKafka;
  before(async () => {
    kafka = await EmbeddedKafka.start();
  });
  after(() => kafka.stop());

  /** A file with these producers, in a directory of its own. */
  function configured(...producers: object[]): { cwd: string; file: string } {
    const cwd = directory();
    const file = join(cwd, 'producers.json');
    writeFileSync(file, JSON.stringify({ producers }));
    return { cwd, file };
  }

  const kafkaProducer = (settings: object = {}) =>
    configured({ type: 'kafka', name: 'k', bootstrap_servers: kafka.bootstrapServers, topic: 't', ...settings });

  const stoodIn = hasNodeRdkafka ? it : undefined;
  for (const [missing, env] of Object.entries(MISSING))
    for (const [driver, settings] of Object.entries({ 'by itself': {}, 'by choice': { driver: 'node-rdkafka' } }))
      stoodIn?.(`lives with node-rdkafka ${driver}, from start to shutdown, ${missing}`, async () => {
        const { life, stderr } = await live([kafkaProducer(settings).file, 'k'], env);
        expect(life).to.deep.equal({ delivered: 2, pending: 0, restarts: 0 });
        expect(stderr).to.not.match(STACK);
      });

  const COMMANDS: Readonly<Record<string, readonly string[]>> = {
    send: ['-p', 'k', '--value', '"hi"'],
    check: ['--send'],
    smoke: ['-n', '3'],
    validate: [],
  };
  for (const [command, flags] of Object.entries(COMMANDS))
    for (const [missing, env] of Object.entries(MISSING).slice(0, 2))
      stoodIn?.(`has 'produce ${command}' ${missing}`, async () => {
        const { cwd, file } = kafkaProducer();
        const { code, stdout, stderr } = await runCommand({ args: [command, '-c', file, ...flags], cwd, env });
        expect([code, stderr]).to.deep.equal([0, stderr]);
        expect(stdout + stderr)
          .to.match(/\bok\b/)
          .and.not.match(STACK);
      });

  const MISNAMED = { ...hiding('node-rdkafka'), OUTSPOOL_LIBRDKAFKA: '/no/such/librdkafka.so.1' };
  const UNUSABLE = { ...hiding('node-rdkafka'), OUTSPOOL_LIBRDKAFKA: CUSTOM };
  const WITHOUT: readonly (readonly [driver: string, env: Env, says: RegExp])[] = [
    ['librdkafka', NOTHING, /type {2}type kafka needs the package koffi, .*: npm install koffi$/],
    ['librdkafka', MISNAMED, /type {2}there is no librdkafka at \/no\/such\S+: look at OUTSPOOL_LIBRDKAFKA$/],
    [
      'librdkafka',
      UNUSABLE,
      /type {2}type kafka needs librdkafka, and .* cannot be loaded .*correct or unset OUTSPOOL_LIBRDKAFKA, which names it; or .*npm install @outspool\/librdkafka-.*apt-get install .*OUTSPOOL_LIBRDKAFKA.*npm install node-/,
    ],
    ['node-rdkafka', NOTHING, /type {2}the driver 'node-rdkafka' needs the package .*npm install node-rdkafka \(it/],
  ];

  it('says what to install when a file is loaded, with its place, and when a producer is built in code', async () => {
    for (const [driver, env, says] of WITHOUT) {
      const { cwd, file } = kafkaProducer({ driver });
      for (const args of [
        ['send', '-c', file, '-p', 'k', '--value', '"hi"'],
        ['validate', file],
        ['check', '-c', file],
        ['smoke', '-c', file],
        ['pipe', '-c', file],
      ]) {
        const { code, stderr } = await runCommand({ args, cwd, env });
        expect(code, args.join(' ')).to.equal(2);
        expect(stderr.trimEnd())
          .to.match(/^\S+:1:\d+ {2}/)
          .and.match(says);
        expect(stderr).to.not.match(STACK);
        expect(stderr.trimEnd().split('\n'), stderr).to.have.length(1);
      }
      const error = await live([file, 'k'], NOTHING).catch((thrown) => thrown);
      expect(error.message).to.match(
        new RegExp(`producers\\[0\\]\\.type .*npm install ${driver === 'librdkafka' ? 'koffi' : driver}\\b`),
      );
    }
  });

  it('says in one line that an embedded cluster needs koffi', async () => {
    const { cwd, file } = kafkaProducer();
    const embedded = { args: ['smoke', '-c', file, '--embedded'], cwd, env: hiding('koffi') };
    expect((await runCommand(embedded)).stderr).to.equal(
      'error: the embedded Kafka cluster needs the package koffi, which does not load here: npm install koffi\n',
    );
  });

  stoodIn?.('says in one line that nothing is read back without koffi', async () => {
    const { cwd, file } = kafkaProducer();
    const args = ['smoke', '-c', file, '-n', '3'];
    const { code, stdout, stderr } = await runCommand({ args, cwd, env: hiding('koffi') });
    expect([code, stdout + stderr]).to.deep.equal([0, stdout + stderr]);
    expect(stdout + stderr).to.not.match(STACK);
    expect((stdout + stderr).split('\n').filter((line) => line.includes('is read back'))).to.deep.equal([
      'k: nothing is read back: type kafka needs the package koffi, which does not load here: npm install koffi',
    ]);
  });

  it('reads a topic back without node-rdkafka', async () => {
    const { cwd, file } = kafkaProducer();
    const { loadNative } = await import('../../src/kinds/kafka/librdkafka/native/load.ts');
    const env = { ...hiding('node-rdkafka'), OUTSPOOL_LIBRDKAFKA: loadNative().path };
    const { code, stdout, stderr } = await runCommand({ args: ['smoke', '-c', file, '-n', '3'], cwd, env });
    expect([code, stdout + stderr]).to.deep.equal([0, stdout + stderr]);
    expect(stdout + stderr).to.match(/3 of 3 read back byte for byte/);
  });

  it('has every other kind, with a worker that dies', async () => {
    const server = await ScriptedHttpServer.start();
    const cwd = directory();
    const producers = [
      { type: 'file', name: 'file', path: join(cwd, 'out.jsonl') },
      { type: 'stdout', name: 'stdout' },
      { type: 'memory', name: 'memory' },
      { type: 'http', name: 'http', url: `${server.url}/in` },
      { type: 'custom', name: 'custom', module: relative(cwd, CUSTOM), path: join(cwd, 'custom.txt') },
    ];
    const file = join(cwd, 'producers.json');
    writeFileSync(file, JSON.stringify({ producers }));
    for (const { name } of producers) {
      const { life, stderr } = await live([file, name, 'dies'], NOTHING);
      const restarts = name === 'memory' ? 0 : 1; // it has no worker
      expect([name, life]).to.deep.equal([name, { delivered: 2, pending: 0, restarts }]);
      expect(stderr).to.not.match(STACK);
    }
    await server.stop();
  });

  it('says in one line that a spool needs koffi', async () => {
    const { file } = configured({ type: 'file', name: 'f', path: 'out.txt', queue: { spool: { path: 'spool' } } });
    const { message } = await live([file, 'f'], NOTHING).catch((error) => error);
    expect(message).to.match(/the spool needs the package koffi, which does not load here: npm install koffi\n/);
    expect(message).to.not.match(STACK);
  });
});
