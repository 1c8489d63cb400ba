/** Runs the built command as a person or a script would. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const COMMAND = fileURLToPath(new URL('../../bin/produce', import.meta.url));

export interface RunOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  /** @default nothing: the input is empty */
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Is given the process as soon as it runs, with its input still open; then `stdin` is not used. */
  readonly during?: (child: ChildProcess) => void;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCommand({ args, cwd, stdin = '', env, during }: RunOptions): Promise<RunResult> {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd, env: { ...process.env, NO_COLOR: '1', ...env } });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    out.stdout += text;
  });
  child.stderr.on('data', (text) => {
    out.stderr += text;
  });
  // A command that refuses its flags does not wait for its input.
  child.stdin.on('error', () => {});
  if (during) during(child);
  else child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...out }));
  });
}

/** The object for programs: the last line of stdout. */
export function lastJson({ stdout }: RunResult) {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
    ok: boolean;
    producers: Record<string, number | string | null>[];
  };
}
