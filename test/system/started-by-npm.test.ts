/** npm starts a command by way of a shell, and a signal to npm ends both of them without reaching the command. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { COMMAND } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const PIPELINE = `
sources:
  - type: file
    name: in
    path: ./in.ndjson
producers:
  - type: file
    name: out
    path: ./out.ndjson
`;

describe('a pipeline that npm has started', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();
  let shell: ChildProcess | undefined;
  afterEach(() => shell?.kill('SIGKILL'));

  it('ends in order when the shell between them is gone', async () => {
    const folder = directory();
    writeFileSync(join(folder, 'pipeline.yaml'), PIPELINE);
    // The shell has more to do behind it, so that it stays between them.
    const words = [process.execPath, COMMAND, 'pipe', '-c', 'pipeline.yaml'].map((word) => `'${word}'`).join(' ');
    shell = spawn('sh', ['-c', `${words}; true`], {
      cwd: folder,
      env: { ...process.env, npm_execpath: '/usr/lib/npm' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    shell.stderr?.on('data', (data) => {
      said += data;
    });
    shell.stdout?.on('data', (data) => {
      said += data;
    });
    const closed = once(shell, 'close'); // the command holds the streams open
    writeFileSync(join(folder, 'in.ndjson'), '{"n":1}\n');
    await until(() => existsSync(join(folder, 'out.ndjson')));
    shell.kill('SIGTERM');
    await closed;
    expect(said).to.contain('SIGTERM: stopping').and.contain('ok: 1 of 1 message');
  });
});
