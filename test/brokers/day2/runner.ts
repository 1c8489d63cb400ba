/** A producer in a process of its own, and the journal that it keeps. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { JAVA } from '../java.ts';
import { javaProgram } from './java-programs.ts';
import { type Entry, Journal } from './journal.ts';
import type { Orders } from './orders.ts';

const LOAD = fileURLToPath(new URL('load-process.js', import.meta.url));
/** Beyond the time for draining: its shutdown, and its start where that was late. */
const GRACE_MS = 20_000;

type Env = Readonly<Record<string, string>>;

export class Runner {
  readonly journal = new Journal();
  /** Resolves when it is connected and waits for `go`. @throws when the process ends before */
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly #drainMs: number;
  /** Resolves with how it ended: an exit code, or a signal's name. */
  readonly #ended: Promise<string>;

  static outspool = (orders: Orders, env: Env) =>
    new Runner(process.execPath, [LOAD, JSON.stringify(orders)], orders, env);

  static java = (orders: Orders, env: Env) =>
    new Runner(JAVA, javaProgram('Day2Producer', JSON.stringify(orders)), orders, env);

  private constructor(command: string, args: readonly string[], { drainMs }: Orders, env: Env) {
    this.#drainMs = drainMs;
    this.#process = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    this.#process.stdin?.on('error', () => {}); // it may be gone
    this.#ended = once(this.#process, 'close').then(([code, signal]) => String(signal ?? code));
    this.#eachLine('stderr', (line) => this.#takeLog(line));
    this.ready = new Promise((resolve, reject) => {
      this.#eachLine('stdout', (line) => this.#take(JSON.parse(line) as Entry, resolve));
      void this.#ended.then((how) => reject(new Error(`the process ended with ${how}:\n${this.#lastWords()}`)));
    });
    this.ready.catch(() => {});
  }

  say = (line: string) => this.#process.stdin?.write(`${line}\n`);

  /** Ends the load and waits for the rest. @returns how the process ended, `0` when it ended well */
  async stop(): Promise<string> {
    this.say('stop');
    const late = setTimeout(() => this.kill(), this.#drainMs + GRACE_MS);
    return this.#ended.finally(() => clearTimeout(late));
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #lastWords = () =>
    this.journal.log
      .slice(-10)
      .map(({ text }) => text)
      .join('\n');

  #eachLine(name: 'stdout' | 'stderr', each: (line: string) => void): void {
    const input = this.#process[name];
    if (input !== null) createInterface({ input }).on('line', each);
  }

  #take(entry: Entry, isReady: () => void): void {
    this.journal.take(entry);
    if (entry[0] === 'ready') isReady();
  }

  /** Java's log: a level and a text. Anything else is what a process says that breaks. */
  #takeLog(line: string): void {
    const [, level = 'raw', text = line] = /^(TRACE|DEBUG|INFO|WARN|ERROR) (.*)$/.exec(line) ?? [];
    this.journal.take(['log', level.toLowerCase(), Date.now(), text]);
  }
}
