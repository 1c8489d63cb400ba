/** Dead letters that come back: from a producer into a file or another producer, and by the command out of the file again. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ProducerRuntime } from '../../src/runtime.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { quiet } from '../support/quiet.ts';
import { type RunOptions, runCommand } from '../support/run-command.ts';
import { until } from '../support/until.ts';

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
    for (let index = 0; index < count; index++) await producer.enqueue(message(index));
    await producer.flush(20_000);
    const { [topic]: outcome } = await runtime.shutdown();
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
  }).timeout(60_000);

  it('a replay that is killed half-way goes on without a gap, and repeats only what was on its way', async () => {
    await deadLetter('killed', 1000);
    mended('killed');
    kafka.setRtt(150);
    const done = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.done'))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')).length;
    const first = await replay([], {
      during: (child) => void until(() => done() > 250, 20_000).then(() => child.kill('SIGKILL')),
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
  }).timeout(60_000);
});
