/** `produce pipe` in a process of its own, as an operator would run it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND } from './run-command.ts';
import { until } from './until.ts';

export interface PipeEnd {
  readonly code: number | null;
  readonly stderr: string;
  /** The last line of stdout, where there is one. */
  readonly summary: PipeResult;
}

export interface PipeResult {
  readonly ok: boolean;
  readonly producers: readonly Record<string, number | string>[];
  readonly sources: readonly {
    readonly read: number;
    readonly bad: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly answers?: Readonly<Record<string, number>>;
  }[];
}

/** A test that fails leaves its process behind; none outlives the run. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class PipeProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<PipeEnd>;
  stderr = '';
  #stdout = '';

  /** `yaml` is written to `folder`, to which its paths are relative. */
  constructor(folder: string, yaml: string, args: readonly string[] = [], stdin: 'pipe' | number = 'pipe') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'pipeline.yaml'), yaml);
    const argv = [COMMAND, 'pipe', '-c', 'pipeline.yaml', '--json', ...args];
    this.child = spawn(process.execPath, argv, {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    running.add(this.child);
    this.child.on('close', () => running.delete(this.child));
    this.child.stdin?.on('error', () => {});
    this.child.stdout?.on('data', (text) => {
      this.#stdout += text;
    });
    this.child.stderr?.on('data', (text) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject).on('close', (code) => resolve(this.#end(code)));
    });
  }

  #end(code: number | null): PipeEnd {
    const last = this.#stdout.trimEnd().split('\n').at(-1) || 'null';
    return { code, stderr: this.stderr, summary: JSON.parse(last) as PipeResult };
  }

  /** Where the first HTTP source takes messages. */
  async url(): Promise<string> {
    await this.says(/listening on (\S+)/);
    return /listening on (\S+)/.exec(this.stderr)?.[1] ?? '';
  }

  /** Resolves once it has said so on stderr. */
  async says(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.stderr) || this.child.exitCode !== null);
    if (!pattern.test(this.stderr)) throw new Error(`ended without saying ${pattern}: ${this.stderr}`);
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.child.kill(signal);
  }
}
