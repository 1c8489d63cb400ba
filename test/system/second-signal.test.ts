/** The second signal ends the command, wherever it stands. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { COMMAND } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';

/** The command has its handlers by then; before that, the system ends it. */
const FIRST_MS = 1500;
/** Signals that come together count as one. */
const SECOND_MS = 800;

const MEMORY = 'producers:\n  - type: memory\n    name: a\n';
const CUSTOM = 'producers:\n  - type: custom\n    name: a\n    module: ./class.mjs\n';
/** Blocks a thread of Node's pool for ever. */
const BLOCKED = "import { readFile } from 'node:fs/promises';\nawait readFile(new URL('./pipe', import.meta.url));\n";

describe('the second signal', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();
  const running = new Set<ChildProcess>();
  let folder: string;

  beforeEach(() => {
    folder = directory();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    writeFileSync(join(folder, 'memory.yaml'), MEMORY);
    writeFileSync(join(folder, 'custom.yaml'), CUSTOM);
    writeFileSync(join(folder, 'class.mjs'), BLOCKED);
  });
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });

  /** Signals the command twice, once it has begun. Resolves with its exit code. */
  async function ended(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number | string> {
    const child = spawn(process.execPath, [COMMAND, ...args], { cwd: folder, env: { ...process.env, ...env } });
    running.add(child);
    child.stdin?.write('1\n');
    const exit = once(child, 'exit');
    await sleep(FIRST_MS);
    for (const pause of [SECOND_MS, 0]) {
      child.kill('SIGTERM');
      await sleep(pause);
    }
    const [code, signal] = await exit;
    running.delete(child);
    return code ?? signal;
  }

  const STANDS: Readonly<Record<string, readonly string[]>> = {
    'in a configuration that is a pipe without a writer': ['validate', 'pipe'],
    'in a module that waits for a pipe': ['validate', 'custom.yaml'],
    'in a module that waits for a pipe, in another command': ['send', '-c', 'custom.yaml', '-p', 'a'],
  };
  for (const [where, args] of Object.entries(STANDS)) {
    it(`ends the command ${where}`, async () => {
      expect(await ended(args, {})).to.be.oneOf([143, 'SIGTERM']);
    });

    it(`ends the command ${where}, without koffi`, async () => {
      const hide = new URL('../fixtures/hide-packages.cjs', import.meta.url).pathname;
      const env = { NODE_OPTIONS: `--require=${hide}`, HIDDEN_PACKAGES: 'koffi' };
      expect(await ended(args, env)).to.be.oneOf([143, 'SIGTERM']);
    });
  }

  for (const [what, args] of [
    ['messages', ['send', '-c', 'memory.yaml', '-p', 'a', '--file', 'pipe']],
    ['letters', ['dead-letters', 'ls', 'pipe']],
  ] as const)
    it(`ends a command that waits for ${what} from a pipe without a writer`, async () => {
      expect(await ended(args, {})).to.be.oneOf([1, 143, 'SIGTERM']);
    });
});
