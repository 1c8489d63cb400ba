/** `-c -` where the standard input stays open: a signal and a limit end the wait for the configuration. */

import { type ChildProcess, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { COMMAND, lastJson, type RunResult, runCommand } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const MEMORY = 'producers: [{ type: memory, name: m }]\n';
/** Makes the timers of the command a hundred times as fast, so that a minute takes 600 ms. */
const HURRIED = `data:text/javascript,${encodeURIComponent(
  'const real = setTimeout; globalThis.setTimeout = (work, ms, ...rest) => real(work, ms / 100, ...rest);',
)}`;
const HURRY = { NODE_OPTIONS: `--import=${HURRIED}` };
/** The command has its handlers and reads by then. */
const READING_MS = 1500;

describe('a configuration from a standard input that stays open', function () {
  this.timeout(60_000);
  const directory = temporaryDirectories();

  const COMMANDS = [
    ['validate', '-'],
    ['send', '-c', '-', '--value', '1'],
    ['pipe', '-c', '-'],
    ['check', '-c', '-'],
    ['smoke', '-c', '-'],
    ['spool', 'ls', '-c', '-'],
    ['spool', 'replay', '-c', '-'],
    ['dead-letters', 'ls', '-c', '-'],
    ['dead-letters', 'replay', 'letters.ndjson', '-c', '-'],
  ];

  /** Runs a command and signals it once it reads. A command that ignores the signal is killed, so that its exit code is null. */
  async function interrupted(args: readonly string[], signal: NodeJS.Signals): Promise<RunResult> {
    const during = async (child: ChildProcess) => {
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.once('exit', () => clearTimeout(kill));
      await sleep(READING_MS);
      child.kill(signal);
    };
    return runCommand({ args, cwd: directory(), during: (child) => void during(child) });
  }

  for (const args of COMMANDS)
    it(`is no longer waited for after a signal: produce ${args.join(' ')}`, async () => {
      const { code, stderr } = await interrupted(args, 'SIGTERM');
      expect(code, stderr).to.equal(1);
      expect(stderr).to.match(/\nerror: interrupted while reading the configuration from the standard input\n$/);
    });

  it('is no longer waited for after a Ctrl-C, and the result is still printed', async () => {
    const run = await interrupted(['validate', '-', '--json'], 'SIGINT');
    expect(run.code, run.stderr).to.equal(1);
    expect(lastJson(run).ok).to.equal(false);
  });

  it('is abandoned after 60 s without a byte', async () => {
    const kill = (child: ChildProcess) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      child.once('exit', () => clearTimeout(timer));
      child.stdin?.write(MEMORY);
    };
    const { code, stderr } = await runCommand({ args: ['validate', '-'], cwd: directory(), env: HURRY, during: kill });
    expect(code, stderr).to.equal(2);
    expect(stderr).to.equal('<stdin>:1:1  the file has sent no byte for 60 s, and has not ended\n');
  });

  it('may take longer than 60 s as long as bytes come', async () => {
    let timer: NodeJS.Timeout | undefined;
    const slowly = (child: ChildProcess) => {
      const parts = [...'# slow', '\n', MEMORY];
      timer = setInterval(() => {
        const part = parts.shift();
        if (part === undefined) child.stdin?.end();
        else child.stdin?.write(part);
      }, 200);
    };
    const { code, stderr } = await runCommand({
      args: ['validate', '-'],
      cwd: directory(),
      env: HURRY,
      during: slowly,
    });
    clearInterval(timer);
    expect(code, stderr).to.equal(0);
  });

  // Python makes the terminal.
  const withPython = spawnSync('python3', ['--version']).error === undefined ? it : undefined;
  withPython?.('is asked for on a terminal', () => {
    const python = `import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)`;
    const words = [process.execPath, COMMAND, 'validate', '-'];
    const { status, stdout } = spawnSync('python3', ['-c', python, ...words], { input: `${MEMORY}\u0004` });
    expect(stdout.toString()).to.include('reading the configuration from the terminal; Ctrl-D ends');
    expect(status, stdout.toString()).to.equal(0);
  });
});
