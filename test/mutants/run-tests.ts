/** Test files in a process of their own, which may hang, flood a disk or eat memory: that, too, is how a mutant shows. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type Outcome = 'passed' | 'failed' | 'timed out';

export interface TestRun {
  readonly outcome: Outcome;
  readonly ms: number;
}

export interface TestRunOptions {
  readonly tests: readonly string[];
  readonly limitMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

const MEMORY_MIB = 1024;
/** In blocks of 512 bytes, the largest file that a test may write. */
const FILE_BLOCKS = 2 ** 21;
const MOCHA = join('node_modules', 'mocha', 'bin', 'mocha.js');

/** Ends at the first test that fails. */
export async function runTests(tree: string, { tests, limitMs, env }: TestRunOptions): Promise<TestRun> {
  const temporary = join(tree, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const started = performance.now();
  const child = mocha(tree, tests, { ...process.env, ...env, TMPDIR: temporary });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill(child);
  }, limitMs);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  kill(child);
  rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  const failed = isLate ? 'timed out' : 'failed';
  return { outcome: code === 0 ? 'passed' : failed, ms: performance.now() - started };
}

function mocha(tree: string, tests: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const options = ['--no-config', '--no-parallel', '--exit', '--bail', '--reporter', 'min', '--timeout', '20000'];
  const command = [process.execPath, `--max-old-space-size=${MEMORY_MIB}`, MOCHA, ...options, ...tests];
  const limited = ['-c', `ulimit -f ${FILE_BLOCKS}; exec "$@"`, 'sh', ...command];
  return spawn('sh', limited, { cwd: tree, env, stdio: 'ignore', detached: true });
}

/** With every process that a test has left behind. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The whole group has ended.
  }
}
