/** Runs a command in a real pseudo-terminal, which `script` of util-linux makes. */

import { spawn, spawnSync } from 'node:child_process';
import { until } from './until.ts';

export interface TerminalOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @default 80 */
  readonly columns?: number;
}

export interface Terminal {
  /** All bytes that came out so far, with both streams in one, as a terminal has them. */
  output(): string;
  /** Types a text; `\x03` is Ctrl-C. */
  type(text: string): void;
  /** Waits until the output, from `from` on, matches. */
  shows(pattern: RegExp, from?: number): Promise<void>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

export const hasScript = spawnSync('script', ['--version']).status === 0;

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

export function inTerminal(command: readonly string[], { cwd, env = {}, columns = 80 }: TerminalOptions): Terminal {
  const line = `stty cols ${columns} rows 24; exec ${command.map(quoted).join(' ')}`;
  const { CI: _, NO_COLOR: __, ...inherited } = process.env;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    cwd,
    env: { ...inherited, TERM: 'xterm', SHELL: '/bin/sh', ...env },
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part) => parts.push(part));
  child.stdin.on('error', () => {});
  const output = () => Buffer.concat(parts).toString();
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    output,
    type: (text) => child.stdin.write(text),
    shows: (pattern, from = 0) => until(() => pattern.test(output().slice(from))),
    ended: ended.finally(() => child.stdin.destroy()),
  };
}
