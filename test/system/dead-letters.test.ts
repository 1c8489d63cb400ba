/** Dead letters that come back: from a producer into a file or another producer, and by the command out of the file again. */

import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { deadLetterLine } from '../../src/caller/dead-letters/letter-line.ts';
import { ProducerRuntime } from '../../src/runtime.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { letterOf } from '../support/letters.ts';
import { quiet } from '../support/quiet.ts';
import { type RunOptions, runCommand } from '../support/run-command.ts';
import { ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

/** More than the producer takes while something is wrong with it. */
const PADDING = 'x'.repeat(2000);

describe('dead letters', () => {
  let folder: string;
  let kafka: EmbeddedKafka;

  before(async () => {
    kafka = await EmbeddedKafka.start();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-letters-'));
  });

  afterEach(async () => {
    kafka.setRtt(0);
    rmSync(folder, { recursive: true });
  });

  after(() => kafka.stop());

  const definition = (name: string, ...lines: string[]) =>
    [
      '  - type: kafka',
      `    name: ${name}`,
      `    bootstrap_servers: ${kafka.bootstrapServers}`,
      '    max_retries: 0',
      ...lines.map((line) => `    ${line}`),
      '',
    ].join('\n');

  function configure(...definitions: string[]): string {
    const path = join(folder, 'producers.yaml');
    writeFileSync(path, `producers:\n${definitions.join('')}`);
    return path;
  }

  const letters = () => join(folder, 'letters.ndjson');
  /** Every letter in the folder, as it is written. */
  const written = () =>
    readdirSync(folder)
      .filter((name) => name.startsWith('letters.ndjson') && !/\.(?:done|lock)$/.test(name))
      .sort()
      .flatMap((name) =>
        readFileSync(join(folder, name), 'utf8')
          .split('\n')
          .filter((line) => line !== ''),
      );

  const command = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    runCommand({ args: ['dead-letters', ...args], cwd: folder, ...options });
  const replay = (args: readonly string[] = [], options: Partial<RunOptions> = {}) =>
    command(['replay', 'letters.ndjson', '-c', 'producers.yaml', '--json', ...args], options);
  const last = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;

  /** A producer that takes no large messages, and a file full of them. */
  async function deadLetter(topic: string, count: number): Promise<void> {
    const file = 'dead_letter: { file: letters.ndjson }';
    const runtime = await ProducerRuntime.fromFile(configure(definition(topic, 'max_message_bytes: 1KB', file)), {
      logger: quiet,
    });
    const producer = runtime.producer(topic);
    for (let index = 0; index < count; index++) await producer.enqueue(message(index), PATIENT);
    await producer.flush(60_000);
    const { [topic]: outcome } = await runtime.shutdown(HANG_MS);
    expect(outcome).to.include({ deadLettered: count, undelivered: 0 });
  }

  const message = (index: number) => ({
    key: 'one',
    value: { index, PADDING },
    headers: { trace: Buffer.from([0xff, index & 0xff]) },
  });

  const mended = (topic: string) => configure(definition(topic, 'dead_letter: { file: letters.ndjson }'));

  const indexes = async (topic: string, count: number, timeoutMs = 10_000) => {
    const read = await readTopic({ bootstrapServers: kafka.bootstrapServers, topic, count, timeoutMs });
    return read.map(({ value }) => JSON.parse(String(value)).index as number);
  };

  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('are replayed when the cause is mended: all of 1000, in order, byte for byte, and the file is empty', async () => {
    await deadLetter('mended', 1000);
    expect(statSync(letters()).mode & 0o777).to.equal(0o600);
    mended('mended');
    const run = await replay();
    expect(run.code, run.stderr).to.equal(0);
    expect(last(run.stdout)).to.include({ ok: true, letters: 1000, delivered: 1000, failed: 0, left: 0 });
    expect(readdirSync(folder).sort()).to.deep.equal(['letters.ndjson', 'producers.yaml']);
    expect(written()).to.deep.equal([]);
    const read = await readTopic({
      bootstrapServers: kafka.bootstrapServers,
      topic: 'mended',
      count: 1000,
      timeoutMs: 10_000,
    });
    expect(read.map(({ value }) => JSON.parse(String(value)).index)).to.deep.equal(upTo(1000));
    expect(read[7]?.key?.toString()).to.equal('one');
    expect(read[7]?.headers).to.deep.equal([['trace', Buffer.from([0xff, 7])]]);
  }).timeout(120_000);

  it('are replayed under the ids that their messages had, so that a receiver knows those that it has', async () => {
    let status = 422;
    const server = await ScriptedHttpServer.start(() => ({ status }));
    try {
      const dead = 'dead_letter: { file: letters.ndjson }';
      writeFileSync(
        join(folder, 'producers.yaml'),
        `producers:\n  - { type: http, name: hook, url: '${server.url}/in', ${dead} }\n`,
      );
      const args = ['send', '-c', 'producers.yaml', '-p', 'hook'];
      await runCommand({ args, cwd: folder, stdin: '1\n2\n3\n' });
      status = 200;
      const run = await replay();
      expect(run.code, run.stderr).to.equal(0);
      const sent = server.requests.map(({ headers, body }) => `${body} ${headers.get('idempotency-key')}`);
      expect(sent.slice(3)).to.deep.equal(sent.slice(0, 3));
      expect(new Set(sent)).to.have.property('size', 3);
    } finally {
      await server.stop();
    }
  }).timeout(120_000);

  it('a replay that is killed half-way goes on without a gap, and repeats only what was on its way', async () => {
    await deadLetter('killed', 1000);
    mended('killed');
    kafka.setRtt(150);
    const done = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.done'))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')).length;
    const first = await replay([], {
      during: (child) => void until(() => done() > 250).then(() => child.kill('SIGKILL')),
    });
    expect(first.code).to.equal(null);
    const delivered = done() - 1;
    expect(delivered).to.be.within(250, 900);
    kafka.setRtt(0);
    const second = await replay();
    expect(second.code, second.stderr).to.equal(0);
    expect(last(second.stdout)).to.include({ letters: 1000 - delivered, delivered: 1000 - delivered, left: 0 });
    expect(written()).to.deep.equal([]);
    const all = await indexes('killed', 2000, 2000);
    const firsts = all.filter((index, at) => all.indexOf(index) === at);
    expect(firsts).to.deep.equal(upTo(1000));
    // What is sent again begins where the killed one had stopped counting, and is what was on its way.
    expect(all.length - 1000).to.be.at.most(200);
  }).timeout(120_000);

  it('what fails again stays, with its new attempts, and the rest goes', async () => {
    await deadLetter('again', 3);
    const [one, ...others] = written();
    const small = JSON.parse(one as string);
    small.message.value = '{"index":0}';
    writeFileSync(letters(), [JSON.stringify(small), ...others, ''].join('\n'));
    configure(definition('again', 'max_message_bytes: 1KB'));
    const run = await replay();
    expect(run.code, run.stderr).to.equal(1);
    expect(last(run.stdout)).to.include({ ok: false, letters: 3, delivered: 1, failed: 2, left: 2 });
    expect(run.stderr).to.match(/letters\.ndjson\.\S+:2:1 {2}again: PermanentSendError: /);
    const failures = run.stderr.split('\n').filter((line) => line.includes('PermanentSendError'));
    expect(failures, run.stderr).to.have.length(2); // one for each of the letters that failed
    const [part] = readdirSync(folder).filter((name) => name.startsWith('letters.ndjson.'));
    expect(run.stderr).to.match(new RegExp(`what is left is in \\S*/${part}\n`));
    expect(run.stderr).to.include(`${letters()} is for what fails from now on`);
    const left = written().map((line) => JSON.parse(line));
    expect(left.map(({ id }) => id)).to.deep.equal(others.map((line) => JSON.parse(line).id));
    expect(left.map(({ attempts }) => attempts.length)).to.deep.equal([2, 2]);
    mended('again');
    const second = await replay();
    expect(second.code, second.stderr).to.equal(0);
    expect(await indexes('again', 3)).to.deep.equal([0, 1, 2]);
    expect(written()).to.deep.equal([]);
  }).timeout(120_000);

  it('a link to the file stays one, and what is behind it is what was left', async () => {
    await deadLetter('linked', 3);
    mkdirSync(join(folder, 'real'));
    renameSync(letters(), join(folder, 'real', 'kept.ndjson'));
    symlinkSync('real/kept.ndjson', letters());
    mended('linked');
    const run = await replay(['--limit', '2']);
    expect(run.code, run.stderr).to.equal(0);
    expect(lstatSync(letters()).isSymbolicLink()).to.equal(true);
    expect(readFileSync(join(folder, 'real', 'kept.ndjson'), 'utf8')).to.equal('');
    expect((await replay()).code).to.equal(0);
    expect(await indexes('linked', 3)).to.deep.equal(upTo(3));
  }).timeout(120_000);

  it('lines that are no letters are named by their place, and stay', async () => {
    await deadLetter('bad-lines', 2);
    const [one, two] = written();
    writeFileSync(letters(), [one, '{"v":1', two, '{"v":7}', '{"half'].join('\n'));
    mended('bad-lines');
    const run = await replay();
    expect(run.code, run.stderr).to.equal(2);
    expect(run.stderr).to.match(/letters\.ndjson:2:7 {2}invalid JSON: /);
    expect(run.stderr).to.match(/letters\.ndjson:4:1 {2}v {2}expected version 1 of the format, got 7/);
    expect(run.stderr).to.match(/letters\.ndjson:5:1 {2}a part of a letter, left by a crash/);
    expect(last(run.stdout)).to.include({ ok: false, delivered: 2, left: 0, unreadable: 2 });
    expect(written()).to.deep.equal(['{"v":1', '{"v":7}']);
    const nothing = await replay();
    expect(nothing.code).to.equal(2);
    expect(nothing.stderr).to.contain('holds no dead letter');
  }).timeout(120_000);

  it('a limit, another producer, and a look without touching anything', async () => {
    await deadLetter('limited', 10);
    const before = written();
    configure(definition('other', 'topic: other-topic'));
    const strange = await replay();
    expect(strange.code).to.equal(2);
    expect(strange.stderr).to.contain(
      "there is no producer 'limited' in producers.yaml; 10 letters name it, and -p NAME",
    );
    const dry = await replay(['-p', 'other', '--dry-run']);
    expect(dry.code, dry.stderr).to.equal(0);
    expect(dry.stderr).to.contain('would send 10 letters through other');
    expect(written()).to.deep.equal(before);
    const some = await replay(['-p', 'other', '--limit', '4']);
    expect(some.code, some.stderr).to.equal(0);
    expect(last(some.stdout)).to.include({ ok: true, delivered: 4, left: 6 });
    expect(written()).to.deep.equal(before.slice(4));
    expect(await indexes('limited', 4)).to.deep.equal([0, 1, 2, 3]);
  }).timeout(120_000);

  it('without a broker nothing is touched, and the command says so', async () => {
    await deadLetter('nobody', 5);
    const before = written();
    configure('  - { type: kafka, name: nobody, bootstrap_servers: "127.0.0.1:1", max_retries: 0 }\n');
    const run = await replay(['--timeout', '2s']);
    expect(run.code, run.stderr).to.equal(3);
    expect(written()).to.deep.equal(before);
    expect(readdirSync(folder).sort()).to.deep.equal(['letters.ndjson', 'producers.yaml']);
  }).timeout(120_000);

  it('one that is interrupted waits for what is on its way, and keeps the rest', async () => {
    await deadLetter('stopped', 1000);
    mended('stopped');
    kafka.setRtt(150);
    const hasBegun = () =>
      readdirSync(folder).some((name) => name.endsWith('.done') && statSync(join(folder, name)).size > 0);
    const run = await replay([], {
      during: (child) => void until(hasBegun).then(() => child.kill('SIGTERM')),
    });
    kafka.setRtt(0);
    expect(run.code, run.stderr).to.equal(1);
    const { delivered, left } = last(run.stdout) as { delivered: number; left: number };
    expect(delivered).to.be.within(1, 900);
    expect(delivered + left).to.equal(1000);
    expect(written()).to.have.lengthOf(left);
    expect((await replay()).code).to.equal(0);
    expect(await indexes('stopped', 1000)).to.deep.equal(upTo(1000));
  }).timeout(120_000);

  /** On a busy machine replaying is slower than making. */
  const MOST_MADE = 3000;

  it('are replayed while their producer goes on writing to the file: none is left out', async () => {
    const file = 'dead_letter: { file: letters.ndjson, max_bytes: 64KiB, max_files: 1000 }';
    const path = configure(definition('living', 'max_message_bytes: 1KB', file));
    const runtime = await ProducerRuntime.fromFile(path, { logger: quiet });
    configure(definition('living', file));
    let made = 0;
    let isOver = false;
    const making = (async () => {
      for (; !isOver && made < MOST_MADE; made++) {
        await runtime.producer('living').enqueue(message(made), PATIENT);
        await sleep(1);
      }
    })();
    await until(() => written().length > 100);
    for (let round = 0; round < 3; round++) {
      const run = await replay();
      expect(run.code, run.stderr).to.equal(0);
      expect(last(run.stdout).left).to.equal(0);
    }
    isOver = true;
    await making;
    await runtime.producer('living').flush(60_000);
    expect((await runtime.shutdown(HANG_MS)).living).to.include({ deadLettered: made });
    const final = await replay();
    expect(final.code, final.stderr).to.equal(0);
    // A file that is rotated while it is replayed may be replayed in part once more.
    const all = new Set(await indexes('living', Number.POSITIVE_INFINITY, 4000));
    expect(upTo(made).filter((index) => !all.has(index))).to.deep.equal([]);
  }).timeout(120_000);

  it('go to another producer, which has taken them when they count', async () => {
    const path = configure(
      definition('source', 'max_message_bytes: 1KB', 'dead_letter: { producer: failures }'),
      definition('failures', 'topic: source-failed'),
    );
    const runtime = await ProducerRuntime.fromFile(path, { logger: quiet });
    for (let index = 0; index < 20; index++) await runtime.producer('source').enqueue(message(index), PATIENT);
    const outcomes = await runtime.shutdown(HANG_MS);
    expect(outcomes.source).to.include({ deadLettered: 20, delivered: 0 });
    expect(outcomes.failures).to.include({ delivered: 20 });
    const [first] = await readTopic({
      timeoutMs: HANG_MS,
      bootstrapServers: kafka.bootstrapServers,
      topic: 'source-failed',
      count: 20,
    });
    expect(JSON.parse(String(first?.value))).to.deep.equal({ index: 0, PADDING });
    const headers = new Map(first?.headers.map(([name, value]) => [name, String(value)]));
    expect([...headers.keys()][0]).to.equal('trace');
    expect(headers.get('outspool-producer')).to.equal('source');
    expect(headers.get('outspool-topic')).to.equal('source');
    expect(headers.get('outspool-reason-class')).to.equal('permanent');
  }).timeout(120_000);

  it('of `produce send` go where the configuration says, and those of a smoke test nowhere', async () => {
    configure(
      definition('sender', 'max_message_bytes: 1KB', 'dead_letter: { producer: taker }'),
      definition('taker', 'topic: sender-failed', 'dead_letter: { file: letters.ndjson }'),
    );
    const options = { cwd: folder, stdin: `${JSON.stringify(message(3).value)}\n` };
    const sent = await runCommand({ args: ['send', '-c', 'producers.yaml', '-p', 'sender', '--json'], ...options });
    expect(sent.code, sent.stderr).to.equal(1);
    expect((last(sent.stdout).producers as object[])[0]).to.include({ accepted: 1, deadLettered: 1 });
    expect(await indexes('sender-failed', 1)).to.deep.equal([3]);
    const smoke = await runCommand({ args: ['smoke', '-c', 'producers.yaml', '-n', '5'], cwd: folder });
    expect(smoke.code, smoke.stderr).to.equal(0);
  }).timeout(120_000);

  it('hold what a shutdown has left, which goes when there is a broker again', async () => {
    const settings = (servers: string) =>
      configure(
        `  - { type: kafka, name: left, bootstrap_servers: "${servers}", backoff_seconds: 3600, on_shutdown: dead_letter, dead_letter: { file: letters.ndjson } }\n`,
      );
    const runtime = await ProducerRuntime.fromFile(settings('127.0.0.1:1'), { logger: quiet });
    for (let index = 0; index < 500; index++) await runtime.producer('left').enqueue(message(index), PATIENT);
    const { left: outcome } = await runtime.shutdown(2000);
    expect(outcome).to.include({ deadLettered: 500, undelivered: 0, delivered: 0 });
    settings(kafka.bootstrapServers);
    const run = await replay();
    expect(run.code, run.stderr).to.equal(0);
    expect(await indexes('left', 500)).to.deep.equal(upTo(500));
  }).timeout(120_000);

  it('errors come back as errors, marked once', async () => {
    const file = 'dead_letter: { file: letters.ndjson }';
    const runtime = await ProducerRuntime.fromFile(configure(definition('errors', 'max_message_bytes: 1KB', file)), {
      logger: quiet,
    });
    runtime.producer('errors').produce(message(0), { isError: true });
    await runtime.producer('errors').flush(HANG_MS);
    await runtime.shutdown(HANG_MS);
    mended('errors');
    expect((await replay()).code).to.equal(0);
    const [read] = await readTopic({
      timeoutMs: HANG_MS,
      bootstrapServers: kafka.bootstrapServers,
      topic: 'errors',
      count: 1,
    });
    expect(read?.headers.map(([name]) => name)).to.deep.equal(['trace', 'outspool-is-error']);
  }).timeout(120_000);

  it('drive no terminal, and what came with a message has no line of its own', async () => {
    const esc = '\u001b[31m';
    const letter = letterOf({
      topic: `t${esc}`,
      key: Buffer.from('k\nvalue     forged'),
      headers: [[`h${esc}\nid`, Buffer.from('a\nb')]],
      value: Buffer.from('two\nlines'),
    });
    writeFileSync(letters(), `${deadLetterLine({ ...letter, id: `i${esc}`, producer: `p${esc}\n` })}\n`);
    const ls = await command(['ls', 'letters.ndjson']);
    expect(ls.code, ls.stderr).to.equal(0);
    const show = await command(['show', 'letters.ndjson', '1']);
    for (const said of [ls.stderr, show.stderr]) expect(said).not.to.include('\u001b');
    expect(show.stderr).to.match(/^key {7}k\\u\{a\}value {5}forged$/m);
    expect(show.stderr.split('\n').filter((line) => /^(?:id|value) /.test(line))).to.have.length(2);
    expect(show.stderr).to.match(/^header {4}h\\u\{1b\}\[31m\\u\{a\}id: a\\u\{a\}b$/m);
    expect(show.stderr).to.include('value     two\nlines\n');
  }).timeout(120_000);

  it('can be listed and looked at', async () => {
    await deadLetter('listed', 3);
    const ls = await command(['ls', '-c', 'producers.yaml', '--json', '--limit', '2']);
    expect(ls.code, ls.stderr).to.equal(0);
    expect(ls.stderr).to.match(/1 {2}\S+Z {2}listed {4}listed {2}one {2}permanent {2}PermanentSendError: /);
    expect(ls.stderr).to.match(/letters\.ndjson: 3 dead letters, the first 2 shown/);
    const { files } = last(ls.stdout) as { files: { letters: number; shown: unknown[] }[] };
    expect(files[0]).to.include({ letters: 3 });
    expect(files[0]?.shown).to.have.lengthOf(2);
    const show = await command(['show', 'letters.ndjson', '2', '--json']);
    expect(show.code, show.stderr).to.equal(0);
    expect(last(show.stdout)).to.deep.equal(JSON.parse(written()[1] as string));
    expect(show.stderr).to.match(/^header {4}trace: base64 \/wE=$/m);
    expect(show.stderr).to.match(/^attempt {3}\S+Z {2}PermanentSendError: /m);
    const none = await command(['show', 'letters.ndjson', '4']);
    expect([none.code, none.stderr]).to.deep.equal([
      2,
      'error: there is no letter 4 in letters.ndjson, which has 3 letters\n',
    ]);
    const missing = await command(['ls', 'nowhere.ndjson']);
    expect([missing.code, missing.stderr]).to.deep.equal([
      2,
      `${join(folder, 'nowhere.ndjson')}:1:1  the file does not exist\n`,
    ]);
  }).timeout(120_000);
});
