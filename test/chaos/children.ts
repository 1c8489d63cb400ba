/** Processes of a run, and the lines that they say. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where its stderr goes: a descriptor. */
  readonly log: number;
  /** Pipes beside stdin and stdout that are read, from 3 on. */
  readonly pipes?: number;
}

export class Child {
  readonly process: ChildProcess;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  constructor(script: string, args: readonly string[], { env, log, pipes = 0 }: ChildOptions) {
    const stdio = ['pipe', 'pipe', log, ...Array.from({ length: pipes }, () => 'pipe' as const)] as const;
    this.process = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env }, stdio: [...stdio] });
    // It may be gone when it is told something.
    this.process.stdin?.on('error', () => {});
    this.ended = once(this.process, 'close').then(([code, signal]) => signal ?? code);
  }

  /** Calls `each` for every line of a pipe, all lines of one piece together. */
  lines(pipe: number, each: (lines: readonly string[]) => void): void {
    let rest = '';
    const stream = this.process.stdio[pipe] as Readable;
    stream.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) each(lines);
    });
  }

  /** The first line of its stdout. @throws when it ends before it has said one */
  async firstLine(): Promise<string> {
    const said = new Promise<string>((resolve) => this.lines(1, ([line = '']) => resolve(line)));
    const gone = this.ended.then((how) => {
      throw new Error(`${this.process.spawnargs[1]} ended with ${how}`);
    });
    return Promise.race([said, gone]);
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}
