/** Pipelines as processes: from their sources by their routes to files, and how they end. */

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { TOGETHER_MS } from '../../src/cli/process/interrupt.ts';
import { PipeProcess } from '../support/pipe-process.ts';
import { COMMAND } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** A producer that appends values to `NAME.out`. */
const toFile = (name: string, more = '') =>
  `  - { type: file, name: ${name}, path: ${name}.out, format: value, sync: never${more} }\n`;

/** A class whose hooks cannot be built. */
const BROKEN = `import { BaseProducer } from '${new URL('../../dist/index.js', import.meta.url)}';
import { isMainThread } from 'node:worker_threads';
export class Broken extends BaseProducer {
  static module = import.meta.url;
  constructor(config, options) {
    super(config, options);
    if (!isMainThread) throw new Error('not on this thread');
  }
  _connect() {}
  _send() {}
  _close() {}
}
`;

/** One that nobody is there for. */
const toNobody = (more = '') => `  - { type: kafka, name: nobody, bootstrap_servers: '127.0.0.1:1'${more} }\n`;

describe('produce pipe', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();
  let folder: string;

  beforeEach(() => {
    folder = directory();
  });

  const start = (yaml: string, ...args: string[]) => new PipeProcess(folder, yaml, args);

  const lines = (name: string): string[] => {
    const path = join(folder, `${name}.out`);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  };

  const size = (name: string): number => statSync(join(folder, `${name}.out`), { throwIfNoEntry: false })?.size ?? 0;

  describe('from the standard input', () => {
    it('delivers everything by its routes, and ends with 0', async () => {
      const pipe = start(`producers:
${toFile('errors')}${toFile('german')}${toFile('rest')}
routes:
  - { when: { is_error: true }, to: errors }
  - { when: { field: { country: de } }, to: [german, rest] }
  - { to: rest }
sources: [{ type: stdin, name: in, format: message }]
`);
      pipe.child.stdin?.end(
        '{"value":{"country":"de","n":1.0}}\n{"value":{"country":"fr"}}\n{"value":3,"is_error":true}\n',
      );
      const { code, stderr, summary } = await pipe.ended;
      expect(code, stderr).to.equal(0);
      expect(lines('german')).to.deep.equal(['{"country":"de","n":1.0}']);
      expect(lines('rest')).to.deep.equal(['{"country":"de","n":1.0}', '{"country":"fr"}']);
      expect(lines('errors')).to.deep.equal(['3']);
      expect(summary.ok).to.equal(true);
      expect(summary.sources[0]).to.deep.include({ read: 3, bad: 0, outcomes: { queued: 3 } });
      expect(stderr).to.contain('ok: 4 of 4 messages delivered');
    });

    it('keeps the order of a long input through a narrow queue', async () => {
      const pipe = start(`producers:
${toFile('one', ', queue: { max_messages: 50, max_bytes: 64KiB }')}
sources: [{ type: stdin, name: in }]
`);
      const numbers = Array.from({ length: 20_000 }, (_, index) => String(index));
      pipe.child.stdin?.end(numbers.join('\n'));
      const { code, stderr } = await pipe.ended;
      expect(code, stderr).to.equal(0);
      expect(lines('one')).to.deep.equal(numbers);
    });

    it('ends with 2 at a bad line, what came before it delivered', async () => {
      const pipe = start(`producers:\n${toFile('one')}sources: [{ type: stdin, name: in }]\n`);
      pipe.child.stdin?.end('1\n2\nthree\n4\n');
      const { code, stderr, summary } = await pipe.ended;
      expect(code).to.equal(2);
      expect(stderr).to.match(
        /^<stdin>:3:1 {2}invalid JSON: expected a JSON value \('on_bad_line: skip' passes over such lines\)$/m,
      );
      expect(stderr).to.contain('in: nothing from line 3 of the standard input on was accepted');
      expect(lines('one')).to.deep.equal(['1', '2']);
      expect(stderr).to.match(/^FAILED: a source has ended with an error; 2 of 2 messages delivered$/m);
      expect(summary.ok).to.equal(false);
    });

    it('says why its input cannot be read', async () => {
      const yaml = `producers:\n${toFile('one')}sources: [{ type: stdin, name: in }]\n`;
      for (const [path, flags, why] of [
        [folder, 'r', 'is a directory'],
        [join(folder, 'write-only'), 'w', 'cannot be read (EBADF)'],
      ] as const) {
        const stdin = openSync(path, flags);
        const { code, stderr } = await new PipeProcess(folder, yaml, [], stdin).ended;
        const send = [COMMAND, 'send', '-c', 'pipeline.yaml', '-p', 'one'];
        const sent = spawnSync(process.execPath, send, { cwd: folder, stdio: [stdin, 'pipe', 'pipe'] });
        closeSync(stdin);
        expect(code, stderr).to.equal(1);
        expect(stderr).to.contain(`error: the standard input ${why}`);
        expect(sent.status).to.equal(2);
        expect(String(sent.stderr)).to.contain(`<stdin>:1:1  the input ${why}`);
      }
    });

    it('goes on behind bad lines where that is wanted, also behind those that no route takes', async () => {
      const pipe = start(`producers:
${toFile('one')}
routes: [{ when: { field: { a: 1 } }, to: one }]
sources: [{ type: stdin, name: in, on_bad_line: skip }]
`);
      pipe.child.stdin?.end('{"a":1}\nno\n{"a":2}\n{"a":1}\n');
      const { code, stderr, summary } = await pipe.ended;
      expect(code, stderr).to.equal(0);
      expect(lines('one')).to.deep.equal(['{"a":1}', '{"a":1}']);
      expect(summary.sources[0]?.bad).to.equal(2);
      expect(stderr).to.match(/left out: <stdin>:2:1 {2}invalid JSON/);
    });

    it('says at SIGTERM from which line on nothing was accepted', async () => {
      const pipe = start(`producers:\n${toFile('one')}sources: [{ type: stdin, name: in }]\n`);
      pipe.child.stdin?.write('1\n2\n3\n4');
      await until(() => lines('one').length === 3);
      pipe.kill();
      const { code, stderr, summary } = await pipe.ended;
      expect(code, stderr).to.equal(1);
      expect(stderr).to.contain('SIGTERM: stopping; delivering what was accepted for up to 30 s');
      expect(stderr).to.contain('in: nothing from line 4 of the standard input on was accepted');
      expect(stderr).to.contain('interrupted: 3 of 3 messages delivered');
      expect(summary.producers[0]).to.include({ accepted: 3, delivered: 3 });
    });

    it('ends in its time when there is nobody to deliver to, and says what was lost', async () => {
      const pipe = start(
        `producers:\n${toNobody(', backoff_seconds: 3600, queue: { max_messages: 10 }')}sources: [{ type: stdin, name: in }]\n`,
        '--timeout',
        '2s',
      );
      pipe.child.stdin?.write(Array.from({ length: 100 }, (_, index) => `${index}\n`).join(''));
      await pipe.says(/nobody: cannot connect/);
      pipe.kill();
      const { code, stderr, summary } = await pipe.ended;
      expect(code, stderr).to.equal(1);
      expect(stderr).to.contain('nothing from line 11 of the standard input on was accepted');
      expect(summary.producers[0]).to.include({ accepted: 10, delivered: 0, undelivered: 10 });
    });

    it('ends at once at the second signal', async () => {
      const pipe = start(`producers:\n${toNobody()}sources: [{ type: stdin, name: in }]\n`);
      pipe.child.stdin?.write('1\n');
      await pipe.says(/nobody: cannot connect/);
      pipe.kill();
      await pipe.says(/SIGTERM: stopping/);
      await sleep(2 * TOGETHER_MS);
      pipe.kill();
      expect((await pipe.ended).code).to.equal(143);
    });
  });

  describe('from a followed file', () => {
    const YAML = `producers:
${toFile('one')}
sources: [{ type: file, name: log, path: app.log, poll_interval: 20ms }]
`;

    it('delivers every line over kills and rotations, in order, and repeats no more than it must', async () => {
      const log = join(folder, 'app.log');
      let next = 0;
      let isOver = false;
      const write = async () => {
        for (; !isOver; await sleep(5)) {
          appendFileSync(log, Array.from({ length: 50 }, () => `${next++}\n`).join(''));
          if (next % 5000 === 0) renameSync(log, `${log}.${next / 5000}`);
        }
      };
      let writing: Promise<void> | undefined;
      for (let round = 0; round < 3; round++) {
        const pipe = start(YAML);
        await pipe.says(/following /);
        writing ??= write(); // what was rotated away before anybody looked is nobody's
        const before = size('one');
        await until(() => size('one') > before + 5000);
        await sleep(round * 400);
        pipe.kill('SIGKILL');
        await pipe.ended;
      }
      isOver = true;
      await writing;
      const last = start(YAML);
      await until(
        () =>
          readFileSync(join(folder, 'one.out'))
            .subarray(-20)
            .includes(`\n${next - 1}\n`),
        120_000, // it catches up with all that was written meanwhile
      );
      last.kill();
      const { code, stderr } = await last.ended;
      expect(code, stderr).to.equal(0);
      const numbers = lines('one').map(Number);
      expect(new Set(numbers).size).to.equal(next);
      // Each time that it goes back, it goes on from there without a gap.
      const gaps = numbers.filter((number, index) => index > 0 && number > (numbers[index - 1] ?? 0) + 1);
      expect(gaps).to.deep.equal([]);
      expect(numbers.filter((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0)).length).to.be.below(4);
    });

    it('repeats nothing when it was told to end', async () => {
      writeFileSync(join(folder, 'app.log'), Array.from({ length: 3000 }, (_, index) => `${index}\n`).join(''));
      for (let round = 0; round < 3; round++) {
        const pipe = start(YAML);
        await pipe.says(/following /);
        await sleep(round * 300);
        pipe.kill();
        const { code, stderr } = await pipe.ended;
        expect(code, stderr).to.equal(0);
      }
      expect(lines('one').map(Number)).to.deep.equal(Array.from({ length: 3000 }, (_, index) => index));
    });
  });

  describe('by HTTP, with nobody to deliver to,', () => {
    const post = async (url: string, body: string) => {
      const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };

    const yaml = (more: string) => `producers:
${toNobody(', queue: { max_messages: 10 }')}sources: [{ type: http, name: in, listen: '127.0.0.1:0', ${more} }]
`;

    it('says within its time what is known', async () => {
      const pipe = start(yaml('timeout: 500ms'), '--timeout', '3s');
      const url = await pipe.url();
      const answer = await post(url, '1\n2\n');
      expect(answer.status).to.be.oneOf([503, 504]);
      expect(Number(answer.body.withdrawn ?? 0) + Number(answer.body.unknown ?? 0)).to.equal(2);
      const many = await post(url, Array.from({ length: 30 }, (_, index) => `${index}\n`).join(''));
      expect(many.body.full).to.be.greaterThan(0);
      pipe.kill();
      const { summary } = await pipe.ended;
      const { accepted, delivered, withdrawn, undelivered } = summary.producers[0] as Record<string, number>;
      expect(delivered).to.equal(0);
      expect(Number(withdrawn) + Number(undelivered)).to.equal(accepted);
    });

    it('says when there is no room, and answers at its end what waits, and none of it with 200', async () => {
      const pipe = start(yaml('timeout: 60s'), '--timeout', '2s');
      const url = await pipe.url();
      const asked: Promise<number>[] = [];
      for (let status: unknown; status !== 429 && asked.length < 40; ) {
        asked.push(post(url, '1\n').then((answer) => answer.status));
        status = await Promise.race([asked.at(-1), sleep(300)]);
      }
      pipe.kill();
      const answers = await Promise.all(asked);
      expect(answers.at(-1)).to.equal(429);
      expect(new Set(answers.slice(0, -1))).to.deep.equal(new Set([503]));
      const { code, summary } = await pipe.ended;
      expect(code).to.equal(1);
      expect(summary.sources[0]?.answers).to.deep.equal({ '429': 1, '503': answers.length - 1 });
    });
  });

  it('takes nothing where it has no sources, or cannot tell where messages go, or cannot listen', async () => {
    const problem = async (yaml: string) => {
      const { code, stderr } = await start(yaml).ended;
      return [code, stderr.trimEnd().split('\n')[0]];
    };
    expect(await problem(`producers:\n${toFile('one')}`)).to.deep.equal([
      2,
      "error: pipeline.yaml has no 'sources': docs/pipe.md describes them",
    ]);
    expect(
      await problem(`producers:\n${toFile('one')}${toFile('two')}sources: [{ type: stdin, name: in }]\n`),
    ).to.deep.equal([
      2,
      "pipeline.yaml:4:1  sources  there are several producers: say under 'routes' which of them gets what",
    ]);
    writeFileSync(join(folder, 'broken.mjs'), BROKEN);
    const broken = '  - { type: custom, name: broken, module: ./broken.mjs }\n';
    const { code, stderr } = await start(
      `producers:\n${broken}sources: [{ type: http, name: in, listen: '127.0.0.1:0' }]\n`,
    ).ended;
    expect(code).to.equal(2);
    expect(stderr).to.match(/^pipeline\.yaml:2:5 {2}producer 'broken' cannot be started: Error: not on this thread$/m);
    const yaml = (port: string) =>
      `producers:\n${toFile('one')}sources: [{ type: http, name: in, listen: '127.0.0.1:${port}' }]\n`;
    const first = start(yaml('0'));
    const { port } = new URL(await first.url());
    expect(await problem(yaml(port))).to.deep.equal([
      2,
      'pipeline.yaml:3:43  sources[0].listen  this address is in use: is there another one running?',
    ]);
    first.kill();
    expect((await first.ended).code).to.equal(0);
  });
});
