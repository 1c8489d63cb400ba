/** Scripts of the tests that need a process of their own. */

import { type ExecFileException, execFile } from 'node:child_process';

export interface ScriptOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** In ms; then it is killed. @default none */
  readonly timeout?: number;
}

/** Resolves to what it has printed. Rejects unless it ends with 0: how it ended is in the text, since a native crash prints nothing. */
export function runScript(args: readonly string[], options: ScriptOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${ending(error)}: ${error.message}\n${stdout}`, { cause: error }));
    });
  });
}

function ending({ killed, signal, code }: ExecFileException): string {
  if (killed) return 'killed at its time-out';
  return signal ? `ended by ${signal}` : `ended with code ${code}`;
}
