/** `produce top` on running pipelines, in a real pseudo-terminal and for scripts. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { COMMAND, lastJson, runCommand } from '../support/run-command.ts';
import { ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { hasScript, inTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const LEFT = '\x1b[?25h\x1b[?1049l';

describe('produce top', function () {
  this.timeout(120_000);

  const directory = temporaryDirectories();
  let folder: string;
  let pipelines: ChildProcess[];

  /** An address where nothing listens. */
  let away: string;

  before(async () => {
    const server = await ScriptedHttpServer.start();
    away = new URL(server.url).host;
    await server.stop();
  });
  beforeEach(() => {
    folder = directory();
    pipelines = [];
  });
  afterEach(async () => {
    for (const one of pipelines) one.kill('SIGKILL');
    await Promise.all(pipelines.map((one) => one.exitCode ?? one.signalCode ?? once(one, 'exit')));
  });

  /** Returns the address of the endpoint of a pipeline that has delivered three messages. */
  async function pipeline(name: string, operations = "{ listen: '127.0.0.1:0' }"): Promise<string> {
    const producers = `producers: [{ type: memory, name: ${name} }]`;
    const sources = `sources: [{ type: file, name: in, path: ${name}.ndjson }]`;
    writeFileSync(join(folder, `${name}.yaml`), `${producers}\n${sources}\noperations: ${operations}\n`);
    writeFileSync(join(folder, `${name}.ndjson`), '1\n2\n3\n');
    const child = spawn(process.execPath, [COMMAND, 'pipe', '-c', `${name}.yaml`, '--verbose'], { cwd: folder });
    pipelines.push(child);
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    await until(() => /operations: listening on http:\S+/.test(said));
    return String(/operations: listening on http:\/\/([^/]+)/.exec(said)?.[1]);
  }

  it('prints a table once for a script, with a row for each producer of each process', async () => {
    const addresses = [await pipeline('orders'), await pipeline('payments')];
    const args = ['top', ...addresses, '--interval', '100ms'];
    await until(async () => {
      const { code, stdout } = await runCommand({ args, cwd: folder });
      expect(code).to.equal(0);
      const [, one = '', two = ''] = stdout.split('\n');
      expect(one).to.match(new RegExp(`^${addresses[0]} +orders +memory +`));
      return [one, two].every((line) => / ready +\d+ +\d+ +3 +0 +0 +\d+ % /.test(line));
    });
  });

  it('prints JSON, and ends with 3 when a process is away', async () => {
    const address = await pipeline('orders');
    const args = ['top', address, away, '--json', '--interval', '10ms'];
    const run = await runCommand({ args, cwd: folder });
    expect(run.code).to.equal(3);
    const { ok, processes } = lastJson(run) as unknown as { ok: boolean; processes: Record<string, unknown>[] };
    expect(ok).to.equal(false);
    expect(processes[0]).to.deep.include({ url: `http://${address}/`, ok: true, pid: pipelines[0]?.pid });
    expect(processes[0]).to.have.nested.property('producers[0].producer', 'orders');
    expect(processes[1]).to.deep.equal({
      url: `http://${away}/`,
      ok: false,
      why: 'nothing listens there (connection refused)',
      producers: [],
    });
  });

  it('sends the token of the variable', async () => {
    const address = await pipeline('orders', "{ listen: '127.0.0.1:0', token: a-token-of-16-characters }");
    const args = ['top', address, '--interval', '10ms'];
    const without = await runCommand({ args, cwd: folder });
    expect(without.stdout).to.contain('wants a token');
    const env = { OUTSPOOL_OPERATIONS_TOKEN: 'a-token-of-16-characters' };
    expect((await runCommand({ args, cwd: folder, env })).code).to.equal(0);
  });

  if (!hasScript) console.log('  left out: produce top in a terminal, which wants script of util-linux');
  else
    for (const [what, end, code] of [
      ['q', 'q', 0],
      ['Ctrl-C', '\x03', 0],
      ['SIGTERM', 'SIGTERM', 0],
    ] as const)
      it(`is drawn again and again on a screen of its own, which ${what} leaves as it was`, async () => {
        const address = await pipeline('orders');
        const pid = join(folder, 'top.pid');
        const flags = [address, away, '--interval', '50ms'];
        const shell = `echo $$ >top.pid; exec "$@"`;
        const command = ['sh', '-c', shell, '-', process.execPath, COMMAND, 'top', ...flags];
        const terminal = inTerminal(command, { cwd: folder, columns: 150 });
        await terminal.shows(/orders +memory +ready/);
        await terminal.shows(/127\.0\.0\.1:\d+ +away +nothing listens/);
        const drawn = terminal.output().length;
        await terminal.shows(/orders +memory +ready/, drawn);
        if (end === 'SIGTERM') process.kill(Number(readFileSync(pid, 'utf8')), end);
        else terminal.type(end);
        expect(await terminal.ended, terminal.output()).to.equal(code);
        const output = terminal.output();
        expect(output).to.satisfy((text: string) => text.startsWith('\x1b[?1049h'));
        expect(output.split(LEFT)).to.have.length(2);
        expect(output.split(LEFT)[1]).not.to.contain('\x1b');
      });
});
