/** Runs a command of a project. */

import { execFile } from 'node:child_process';

export interface Ended {
  /** Exit code; null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  /** stdout, and then stderr: what a failed assertion shows. */
  readonly output: string;
}

/** Longest run in ms: only a hang lasts as long. */
const KILL_AFTER_MS = 180_000;

export function run(
  cwd: string,
  [command, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const options = {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    timeout: KILL_AFTER_MS,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, output: `${stdout}${stderr}` }),
    );
  });
}
