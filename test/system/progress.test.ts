/** The progress line of every command that has one, in a real pseudo-terminal, against a server that stops answering halfway. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { deadLetterLine } from '../../src/caller/dead-letters/letter-line.ts';
import { HttpProducer } from '../../src/kinds/http/http-producer.ts';
import { deferred } from '../../src/shared/util/deferred.ts';
import { numbered } from '../support/letters.ts';
import { quiet } from '../support/quiet.ts';
import { COMMAND, runCommand } from '../support/run-command.ts';
import { rowsOf } from '../support/screen.ts';
import { OK, ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { append, openSpool } from '../support/spool-rig.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { hasScript, inTerminal, type TerminalOptions } from '../support/terminal.ts';
import { PATIENT, until } from '../support/until.ts';

const ALL = 40;
/** So many are answered before the server pauses. */
const FIRST = 10;
const LINE = /(\d+) (?:delivered|records) {2}[\d,]+\/s/;

const describeInTerminal = hasScript ? describe : undefined;
if (!hasScript) console.log('  left out: progress in a terminal, which wants script of util-linux');

describeInTerminal?.('progress in a terminal', function () {
  this.timeout(120_000);

  const directory = temporaryDirectories();
  let folder: string;
  let server: ScriptedHttpServer;
  let goOn: ReturnType<typeof deferred<void>>;

  beforeEach(async () => {
    folder = directory();
    goOn = deferred<void>();
    let answered = 0;
    server = await ScriptedHttpServer.start(async () => {
      if (++answered > FIRST) await goOn.promise;
      return OK;
    });
    const lines = Array.from({ length: ALL }, (_, number) => JSON.stringify({ number }));
    writeFileSync(join(folder, 'input.ndjson'), `${lines.join('\n')}\n`);
    configure(server.url);
  });
  afterEach(async () => {
    goOn.resolve();
    await server.stop();
  });

  const configure = (url: string) =>
    writeFileSync(
      join(folder, 'producers.yaml'),
      `producers:
  - { type: http, name: hooks, url: '${url}', queue: { spool: { path: spool } } }
sources:
  - { type: file, path: input.ndjson, name: input }
`,
    );

  const start = (args: readonly string[], options: Partial<TerminalOptions> = {}) =>
    inTerminal([process.execPath, COMMAND, ...args], { cwd: folder, columns: 100, ...options });

  async function leaveInSpool(): Promise<void> {
    const queue = { spool: { path: join(folder, 'spool') } };
    const producer = new HttpProducer(
      { type: 'http', name: 'hooks', url: 'http://127.0.0.1:9', queue },
      { logger: quiet },
    );
    await Promise.all(Array.from({ length: ALL }, (_, value) => producer.enqueue({ value }, PATIENT)));
    await producer.shutdown(1000);
  }

  const leaveLetters = () =>
    writeFileSync(
      join(folder, 'letters.ndjson'),
      Array.from({ length: ALL }, (_, number) => `${deadLetterLine(numbered(number, 'hooks'))}\n`).join(''),
    );

  /** The arguments of each command, what must be there first, and whether it knows its end. */
  const COMMANDS: readonly (readonly [string[], () => unknown, boolean])[] = [
    [['send', '--file', 'input.ndjson'], () => {}, true],
    [['smoke', '-n', String(ALL)], () => {}, true],
    [['pipe'], () => {}, false],
    [['spool', 'replay'], leaveInSpool, true],
    [['dead-letters', 'replay', 'letters.ndjson'], leaveLetters, true],
  ];
  for (const [args, prepare, knowsItsEnd] of COMMANDS)
    it(`produce ${args.slice(0, 2).join(' ')}: shows what is delivered, and takes the line away at the end`, async () => {
      await prepare();
      const terminal = start([...args, '-c', 'producers.yaml']);
      await terminal.shows(new RegExp(`\\b${FIRST} delivered  [\\d,]+/s  0 failed  [\\d,]+ buffered`));
      const [line = ''] = rowsOf(terminal.output()).slice(-1);
      expect(line).to.match(LINE);
      expect(/ \d+ %/.test(line), line).to.equal(knowsItsEnd);
      goOn.resolve();
      if (args[0] === 'pipe') {
        await until(() => server.requests.length >= ALL);
        terminal.type('\x03');
      }
      expect(await terminal.ended, terminal.output()).to.equal(0);
      const rows = rowsOf(terminal.output());
      expect(rows.filter((row) => LINE.test(row))).to.deep.equal([]);
      expect(rows.join('\n')).to.match(new RegExp(`^ok: .*\\b${ALL} (?:of ${ALL} )?(?:messages|letters)`, 'm'));
    });

  it('produce send: shows none where dead letters go to the same terminal', async () => {
    writeFileSync(
      join(folder, 'producers.yaml'),
      `producers:
  - { type: http, name: hooks, url: '${server.url}', dead_letter: { producer: screen } }
  - { type: stdout, name: screen }
`,
    );
    goOn.resolve();
    const terminal = start(['send', '--file', 'input.ndjson', '-c', 'producers.yaml', '-p', 'hooks']);
    expect(await terminal.ended, terminal.output()).to.equal(0);
    expect(terminal.output()).not.to.match(LINE);
  });

  it('produce spool verify: shows the records that it has read', async () => {
    const { spool } = await openSpool(join(folder, 'spool'), { segmentBytes: 2400 });
    for (let first = 0; first < ALL; first += 5) append(spool, first, 5);
    await spool.close();
    const terminal = start(['spool', 'verify', 'spool']);
    expect(await terminal.ended, terminal.output()).to.equal(0);
    expect(terminal.output()).to.match(LINE);
    expect(rowsOf(terminal.output()).filter((row) => row !== '')).to.deep.equal([
      `ok: spool: ${ALL} whole records, ${ALL} pending`,
    ]);
  });

  it('is not torn by log lines, nor they by it, and leaves nothing behind when the command is interrupted twice', async () => {
    server.answer = () => ({ status: 500 });
    const terminal = start(['send', '--file', 'input.ndjson', '-c', 'producers.yaml', '--verbose']);
    await terminal.shows(/0 delivered .*0 delivered/s);
    await terminal.shows(/attempt/i);
    terminal.type('\x03');
    await terminal.shows(/SIGINT: stopping/);
    await terminal.shows(/stopping[\s\S]*delivered/);
    await new Promise((resolve) => setTimeout(resolve, 600)); // a second signal within 500 ms belongs to the first
    terminal.type('\x03');
    expect(await terminal.ended).to.equal(130);
    const rows = rowsOf(terminal.output()).filter((row) => row !== '' && row !== '^C');
    for (const row of rows) expect(row).not.to.match(LINE);
    expect(rows.join('\n')).to.match(/^(?:\^C)?SIGINT: stopping; delivering .*\(once more to end at once\)$/m);
  });

  it('is cut to the width of the terminal, and has no colour with NO_COLOR', async () => {
    server.answer = () => ({ status: 400 });
    const flags = ['send', '--file', 'input.ndjson', '-c', 'producers.yaml', '--timeout', '3s'];
    for (const [columns, env, colour] of [
      [100, {}, true],
      [100, { NO_COLOR: '1' }, false],
      [24, {}, false],
    ] as const) {
      const terminal = start(flags, { columns, env });
      await terminal.ended;
      const drawn = terminal
        .output()
        .split('\r\x1b[K')
        .filter((text) => LINE.test(text) || text.includes('…'));
      expect(drawn).not.to.deep.equal([]);
      for (const text of drawn) expect(rowsOf(text).at(-1)?.length).to.be.below(columns);
      expect(terminal.output().includes('\x1b[31m')).to.equal(colour);
    }
  });

  const SILENT: readonly (readonly [string, string[], Record<string, string>])[] = [
    ['with --no-progress', ['--no-progress'], {}],
    ['with --json', ['--json'], {}],
    ['where TERM is dumb', [], { TERM: 'dumb' }],
    ['in CI', [], { CI: 'true' }],
  ];
  for (const [what, flags, env] of SILENT)
    it(`is not shown ${what}`, async () => {
      goOn.resolve();
      const terminal = start(['send', '--file', 'input.ndjson', '-c', 'producers.yaml', ...flags], { env });
      expect(await terminal.ended, terminal.output()).to.equal(0);
      expect(terminal.output()).not.to.contain('\x1b');
      expect(terminal.output()).not.to.match(LINE);
    });

  it('is not shown where stderr is no terminal', async () => {
    goOn.resolve();
    const { code, stderr } = await runCommand({
      args: ['send', '--file', 'input.ndjson', '-c', 'producers.yaml'],
      cwd: folder,
    });
    expect(code, stderr).to.equal(0);
    expect(stderr).not.to.contain('\x1b').and.not.to.match(LINE);
  });
});
