/** The command at work: what goes in comes out, in order, and it ends as it should. */

import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { TOGETHER_MS } from '../../src/cli/process/interrupt.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { lastJson, type RunOptions, runCommand } from '../support/run-command.ts';
import { ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const CONFIG = `producers:
  - type: kafka
    name: packages
    bootstrap_servers: \${BROKERS:-127.0.0.1:1}
    max_retries: 0
    connect_timeout_seconds: 60
`;

interface Package {
  readonly group: string | undefined;
}

describe('produce', () => {
  let folder: string;
  let kafka: EmbeddedKafka;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-cli-'));
    writeFileSync(join(folder, 'kafka.yaml'), CONFIG);
    kafka = await EmbeddedKafka.start();
  });

  after(async () => {
    await kafka.stop();
    rmSync(folder, { recursive: true });
  });

  /** The command on a topic of its own, so that a test reads back only what it sent. */
  const send = (topic: string, args: readonly string[], options: Partial<RunOptions> = {}) =>
    runCommand({
      args: ['send', '-c', 'kafka.yaml', '-p', 'packages', '-t', topic, '--json', '--timeout', '60s', ...args],
      cwd: folder,
      env: { BROKERS: kafka.bootstrapServers },
      ...options,
    });

  const read = (topic: string, count: number) =>
    readTopic({ bootstrapServers: kafka.bootstrapServers, topic, count, timeoutMs: 60_000 });

  describe('smoke', () => {
    it('delivers and reads back everything, starting a cluster where no broker is named', async () => {
      const run = await runCommand({ args: ['smoke', '--json', '-n', '50'], cwd: root });
      expect(run.code, run.stderr).to.equal(0);
      expect(run.stderr).to.match(/^no broker in config: starting an embedded Kafka cluster at 127\.0\.0\.1:\d+\n/);
      expect(run.stderr).to.contain('ok: 150 of 150 messages delivered, 150 of 150 read back byte for byte');
      expect(run.stdout.split('\n')).to.have.length(2);
      const { ok, producers } = lastJson(run);
      expect(ok).to.equal(true);
      for (const producer of producers)
        expect(producer).to.include({ kind: 'kafka', accepted: 50, delivered: 50, readBack: 50, undelivered: 0 });
    });

    it('finds its own messages among those of earlier runs and of others', async () => {
      await send('packages', [], { stdin: '1\n2\n3\n' });
      for (const messages of [10, 25]) {
        const args = ['smoke', '-c', 'kafka.yaml', '--json', '-n', String(messages)];
        const run = await runCommand({ args, cwd: folder, env: { BROKERS: kafka.bootstrapServers } });
        expect(run.code, run.stderr).to.equal(0);
        expect(lastJson(run).producers[0]).to.include({ readBack: messages });
      }
    });

    it('does without the configured broker when told to', async () => {
      const run = await runCommand({ args: ['smoke', '-c', 'kafka.yaml', '--embedded', '-n', '10'], cwd: folder });
      expect(run.code, run.stderr).to.equal(0);
      expect(run.stderr).to.match(/^--embedded: starting/);
    });

    it('tries a custom producer out, without reading back', async () => {
      const fixtures = join(root, 'test/bad-inputs/fixtures');
      const run = await runCommand({ args: ['smoke', '-c', 'sink.yaml', '--json', '--yes'], cwd: fixtures });
      expect(run.code, run.stderr).to.equal(0);
      expect(lastJson(run).producers[0])
        .to.include({ kind: 'custom', delivered: 100 })
        .and.not.have.property('readBack');
    });
  });

  describe('smoke on what may be in production', () => {
    const yaml = (...settings: string[]) => {
      writeFileSync(join(folder, 'away.yaml'), `producers:\n${settings.map((one) => `  - { ${one} }\n`).join('')}`);
      return ['smoke', '-c', 'away.yaml', '--json', '-n', '20'];
    };
    const AWAY = "type: kafka, name: orders, bootstrap_servers: 'kafka.invalid:9092', error_topic: failed";

    it('says what it would write and where, and sends nothing without --yes', async () => {
      const args = yaml(AWAY, "type: kafka, name: near, bootstrap_servers: '127.0.0.1:1'");
      const run = await runCommand({ args, cwd: folder });
      expect(run.stderr.split('\n').slice(0, -2)).to.deep.equal([
        "  orders: 20 messages, no tombstone among them, to topics 'orders' and 'failed' at kafka.invalid:9092",
      ]);
      expect(run.stderr).to.contain('\nerror: orders: samples would be written where real messages may be. --yes');
      expect([run.code, lastJson(run)]).to.deep.equal([2, { ok: false, producers: [] }]);
    });

    it('advises --embedded where a producer is of Kafka only', async () => {
      const advised = async (settings: string) =>
        (await runCommand({ args: yaml(settings), cwd: folder })).stderr.includes('--embedded');
      const hook = "type: http, name: hook, url: 'http://192.0.2.1/in'";
      expect([await advised(AWAY), await advised(hook)]).to.deep.equal([true, false]);
    });

    it('goes on with --yes, to the topic that --topic names, and says so first', async () => {
      const run = await runCommand({
        args: [...yaml(AWAY), '--yes', '--topic', 'trial', '--tombstones', '--timeout', '3s'],
        cwd: folder,
      });
      expect(run.stderr).to.contain(
        "\n  orders: 20 messages, 2 tombstones among them, to topic 'trial' at kafka.invalid:9092\n",
      );
      expect(run.code).to.equal(3);
    });

    it('writes to the topic of --topic and nowhere else', async () => {
      const near = `type: kafka, name: near, bootstrap_servers: '${kafka.bootstrapServers}', error_topic: near-failed`;
      const run = await runCommand({ args: [...yaml(near), '--topic', 'trial'], cwd: folder });
      expect(run.code, run.stderr).to.equal(0);
      expect(lastJson(run).producers[0]).to.include({ delivered: 20, readBack: 20 });
      expect(await read('trial', 20)).to.have.length(20);
    });

    const SHAPES = [
      '',
      ', body: ndjson',
      ', body: raw',
      ', tombstones: refuse',
      ', tombstones: delete',
      ', envelope: true',
    ];
    const ADDRESSES = [
      ', error_url: "<url>/errors/{key}"',
      ', error_url: "<url>/{field.order.id}/{header.tenant}"',
      ', body: raw, url: "<url>/{field.at.nested.0}?by={header.source}&to={field.to:-none}"',
    ];
    for (const settings of [...SHAPES, ', batch: { max_messages: 7 }', ...ADDRESSES])
      it(`passes on type http${settings}`, async () => {
        const server = await ScriptedHttpServer.start();
        try {
          const own = settings.includes(', url:') ? '' : `, url: '${server.url}/in'`;
          const url = `type: http, name: hook${own}${settings.replace('<url>', server.url)}`;
          const run = await runCommand({ args: yaml(url), cwd: folder });
          expect(run.code, run.stderr).to.equal(0);
          expect(lastJson(run).producers[0]).to.include({ accepted: 20, delivered: 20 });
        } finally {
          await server.stop();
        }
      });
  });

  describe('validate', () => {
    const validate = (...args: string[]) => runCommand({ args: ['validate', ...args], cwd: folder });

    it('takes the file as the other commands do, and says for a program what it found', async () => {
      for (const args of [['kafka.yaml'], ['-c', 'kafka.yaml']]) {
        const run = await validate(...args, '--json');
        expect([run.code, run.stderr]).to.deep.equal([0, 'kafka.yaml: 1 producer, ok\n']);
        const producers = [{ name: 'packages', kind: 'kafka' }];
        expect(lastJson(run)).to.deep.equal({ ok: true, producers, routes: [], sources: [], issues: [] });
      }
      const twice = await validate('kafka.yaml', '-c', 'kafka.yaml');
      expect([twice.code, twice.stderr]).to.deep.equal([2, 'error: name the file once: as FILE, or with -c FILE\n']);
    });

    it('takes a warning for an error with --strict alone', async () => {
      const file = join(folder, 'exposed.yaml');
      const url = 'amqp://user:sesame-open-1@127.0.0.1';
      writeFileSync(file, `producers: [{ type: rabbitmq, name: r, queue_name: q, url: "${url}" }]\n`);
      const results = [];
      for (const [mode, args] of [
        [0o644, []],
        [0o644, ['--strict']],
        [0o600, ['--strict']],
      ] as const) {
        chmodSync(file, mode);
        const run = await validate('exposed.yaml', '--json', ...args);
        results.push([run.code, lastJson(run).ok, run.stderr.split('\n').at(-2)]);
      }
      expect(results).to.deep.equal([
        [0, true, 'exposed.yaml: 1 producer, ok'],
        [2, false, 'exposed.yaml: 1 producer, FAILED: 1 warning (--strict)'],
        [0, true, 'exposed.yaml: 1 producer, ok'],
      ]);
    });

    it('says what is wrong, for a person and for a program', async () => {
      writeFileSync(join(folder, 'wrong.yaml'), CONFIG.replace('max_retries: 0', 'acks: -1'));
      const run = await validate('-c', 'wrong.yaml', '--json');
      expect(run.code).to.equal(2);
      const message = 'expected one of all, 0, 1, got -1 (did you mean all?)';
      expect(run.stderr).to.equal(`wrong.yaml:5:11  producers[0].acks  ${message}\n`);
      const issue = { file: 'wrong.yaml', line: 5, column: 11, path: 'producers[0].acks', message };
      expect(lastJson(run)).to.deep.equal({ ok: false, producers: [], routes: [], sources: [], issues: [issue] });
    });
  });

  it('takes the first of config/producers.yaml and producers.yaml that is there', async () => {
    const home = join(folder, 'home');
    mkdirSync(join(home, 'config'), { recursive: true });
    writeFileSync(join(home, 'producers.yaml'), 'producers: [{ type: memory, name: near }]\n');
    const names = async (...args: string[]) => {
      const run = await runCommand({ args: [...args, '--json'], cwd: home });
      expect(run.code, run.stderr).to.equal(0);
      return lastJson(run).producers.map(({ name }) => name);
    };
    expect(await names('validate')).to.deep.equal(['near']);
    expect(await names('send', '-p', 'near', '--value', '1')).to.deep.equal(['near']);
    writeFileSync(join(home, 'config', 'producers.yaml'), 'producers: [{ type: memory, name: far }]\n');
    expect(await names('validate')).to.deep.equal(['far']);
  });

  describe('send', () => {
    it('takes - for the standard input, and a mark before a value for none of it', async () => {
      const run = await send('dash', ['--file', '-'], { stdin: '1\n2\n' });
      expect([run.code, lastJson(run).producers[0]?.delivered]).to.deep.equal([0, 2]);
      const marked = await send('marked', ['--value', '\ufeff{"a":1}']);
      expect(marked.code, marked.stderr).to.equal(0);
      expect((await read('marked', 1)).map(({ value }) => String(value))).to.deep.equal(['{"a":1}']);
    });

    it('sends what was written, to the byte: large numbers, spaces, tombstones, Windows line ends', async () => {
      const lines = ['{"id":12345678901234567890,"price":1.50}', ' [1,  2] ', '"größe"'];
      const run = await send('bytes', ['-k', 'k'], { stdin: `\ufeff${lines.join('\r\n')}\r\n\r\nnull` });
      expect(run.code, run.stderr).to.equal(0);
      expect(lastJson(run).producers[0]).to.include({ accepted: 4, delivered: 4 });
      const back = await read('bytes', 4);
      expect(back.map(({ value }) => value?.toString() ?? null)).to.deep.equal([...lines, null]);
      expect(back.map(({ key }) => key?.toString())).to.deep.equal(['k', 'k', 'k', 'k']);
    });

    it('needs no name where the file has one producer', async () => {
      const run = await runCommand({
        args: ['send', '-c', 'kafka.yaml', '-t', 'unnamed', '--value', '1', '--json', '--timeout', '60s'],
        cwd: folder,
        env: { BROKERS: kafka.bootstrapServers },
      });
      expect(run.code, run.stderr).to.equal(0);
      expect(lastJson(run).producers[0]).to.include({ name: 'packages', delivered: 1 });
    });

    it('sends one value', async () => {
      const run = await send('one', ['--value', '{"event":"user_signup"}', '--key-field', 'event']);
      expect(run.code, run.stderr).to.equal(0);
      const [message] = await read('one', 1);
      expect(String(message?.value)).to.equal('{"event":"user_signup"}');
      expect(String(message?.key)).to.equal('user_signup');
    });

    it('delivers every package of the lockfile, in order for each key', async () => {
      const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
      // The scope, or the first letter, for a key: many packages share one.
      const packages = Object.entries(lock.packages).map(([path, fields], at) => {
        const name = path.split('node_modules/').at(-1) ?? '';
        return { at, path, group: name.startsWith('@') ? name.split('/')[0] : name.slice(0, 1), ...fields };
      });
      writeFileSync(join(folder, 'packages.ndjson'), packages.map((one) => `${JSON.stringify(one)}\n`).join(''));
      const run = await send('lockfile', ['--file', 'packages.ndjson', '--key-field', 'group']);
      expect(run.code, run.stderr).to.equal(0);
      expect(lastJson(run).producers[0]).to.include({ accepted: packages.length, delivered: packages.length });

      const back = (await read('lockfile', packages.length)).map(({ value }) => JSON.parse(String(value)) as Package);
      const groups = [...new Set(packages.map(({ group }) => group))];
      expect(back).to.have.length(packages.length).and.above(100);
      const byGroup = (list: readonly Package[]) => groups.map((group) => list.filter((one) => one.group === group));
      expect(byGroup(back)).to.deep.equal(byGroup(packages));
    });

    it('holds a long input back while the queue is full, and loses nothing', async () => {
      const yaml = CONFIG.concat('    queue: { max_messages: 100, max_bytes: 64KiB, when_full: reject }\n');
      writeFileSync(join(folder, 'narrow.yaml'), yaml);
      const stdin = Array.from({ length: 20_000 }, (_, index) => `{"at":${index},"pad":"${'x'.repeat(300)}"}\n`).join(
        '',
      );
      const run = await send('narrow', ['-c', 'narrow.yaml'], { stdin });
      expect(run.code, run.stderr).to.equal(0);
      expect(lastJson(run).producers[0]).to.include({ accepted: 20_000, delivered: 20_000, dropped: 0 });
    });

    it('delivers what came before a bad line', async () => {
      const run = await send('before', [], { stdin: '1\n2\nthree\n4\n' });
      expect(run.code).to.equal(2);
      expect(run.stderr).to.match(/^<stdin>:3:1 {2}invalid JSON: expected a JSON value$/m);
      const verdict = 'FAILED: the input was not read to its end; of what came before, 2 of 2 messages delivered\n';
      expect(run.stderr).to.contain(verdict);
      expect(lastJson(run)).to.have.property('ok', false);
      expect((await read('before', 2)).map(({ value }) => String(value)).sort()).to.deep.equal(['1', '2']);
    });

    it('ends with 3 when nobody listens, and does not wait for a back-off', async () => {
      writeFileSync(join(folder, 'lonely.yaml'), `${CONFIG}    backoff_seconds: 3600\n`); // which would outlast the test
      const run = await send('nobody', ['-c', 'lonely.yaml'], { stdin: '1\n', env: {} });
      expect(run.code).to.equal(3);
      expect(run.stderr).to.contain('connection refused');
      expect(lastJson(run)).to.deep.include({ ok: false });
    });

    /** Writes the lines of one message. Resolves when it is on its way to the broker, which does not answer yet. */
    async function sent(child: ChildProcess, lines: string): Promise<void> {
      const before = kafka.produceRequests();
      child.stdin?.write(lines);
      await until(() => kafka.produceRequests() > before);
    }

    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      it(`delivers what it has read when it gets ${signal} while the input goes on`, async () => {
        const topic = `cut-${signal}`;
        const run = await send(topic, [], {
          during: (child) => {
            child.stdin?.write('1\n2\n3\n');
            void read(topic, 3).then(async () => {
              kafka.setRtt(3000);
              await sent(child, '4\n');
              child.kill(signal);
              // A wrapper passes on what the whole process group has been sent.
              setTimeout(() => child.kill(signal), 5);
            });
          },
        });
        kafka.setRtt(0);
        expect(run.code, run.stderr).to.equal(1);
        expect(run.stderr).to.match(new RegExp(`^${signal}: stopping`, 'm'));
        expect(run.stderr).to.contain('interrupted: 4 of 4 messages delivered');
        expect(lastJson(run).producers[0]).to.include({ accepted: 4, delivered: 4 });
      });

    it('ends at once at the second signal', async () => {
      const run = await send('twice', [], {
        env: { BROKERS: kafka.bootstrapServers },
        during: (child) => {
          child.stdin?.write('1\n');
          void read('twice', 1).then(async () => {
            // Answers that outlast the test: the first signal finds work to finish.
            kafka.setRtt(3_600_000);
            await sent(child, '2\n');
            child.kill('SIGTERM');
          });
          child.stderr?.on('data', (text) => {
            if (String(text).includes('SIGTERM: stopping')) setTimeout(() => child.kill('SIGTERM'), 2 * TOGETHER_MS);
          });
        },
      });
      kafka.setRtt(0);
      expect(run.code, run.stderr).to.equal(143);
    });

    it('goes on quietly when the reader of its output has left', async () => {
      const run = await send('pipe', [], {
        during: (child) => {
          child.stdout?.destroy();
          child.stdin?.end('1\n');
        },
      });
      expect(run.code, run.stderr).to.equal(0);
      expect(run.stderr).not.to.match(/EPIPE|error/);
    });
  });

  it('prints what it runs on, for people and for programs', async () => {
    const run = await runCommand({ args: ['version', '--json'], cwd: folder });
    const { ok, outspool, node, platform, koffi, librdkafka, kinds } = lastJson(run) as Record<string, unknown> &
      ReturnType<typeof lastJson>;
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect({ ok, outspool, node, platform }).to.deep.equal({
      ok: true,
      outspool: version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    });
    expect(koffi).to.match(/^\d+\.\d+/);
    expect(librdkafka).to.include.keys('version', 'source', 'path', 'features');
    expect(kinds).to.deep.equal(
      ['kafka', 'rabbitmq', 'file', 'stdout', 'memory', 'http', 'custom'].map((kind) => ({
        kind,
        usable: true,
        why: null,
      })),
    );
    expect(run.code).to.equal(0);
    expect(run.stderr)
      .to.match(/^librdkafka +2\.\d+\.\d+, .* with .*lz4/m)
      .and.to.match(/^type: kafka +can be used$/m);
  });

  it('prints its version and its help on stdout', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await runCommand({ args: ['--version'], cwd: folder })).to.deep.equal({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    const help = await runCommand({ args: ['--help'], cwd: folder });
    expect(help.code).to.equal(0);
    expect(help.stdout).to.contain('Examples:');
  });

  it('prints an overview where no command is named, which is wrong usage', async () => {
    const { code, stdout, stderr } = await runCommand({ args: [], cwd: folder });
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr)
      .to.contain('First steps:')
      .and.to.contain('produce init')
      .and.to.match(/^Commands: .*\bsmoke\b/m);
  });

  it('prints the JSON schema of the configuration, as the package holds it', async () => {
    const { code, stdout, stderr } = await runCommand({ args: ['schema'], cwd: folder });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.equal(readFileSync(join(root, 'config/producers.schema.json'), 'utf8'));
  });
});
