/** Handles Ctrl-C, `kill` and a closing terminal. The first signal asks the command to finish, the second ends it. */

import { overlay, say } from '../output.ts';
import { endAtOnce } from './end-at-once.ts';

/** Time, in ms, to deliver accepted messages after a signal, unless a command sets another one. */
export const GRACE_MS = 10_000;

/** Time, in ms, within which several signals count as one: a terminal and a wrapper (npm, timeout) both send it. */
export const TOGETHER_MS = 500;

/** Time, in ms, between two checks whether the parent process, which npm started, still exists. */
const LOOK_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** Decides the effect of a signal. Its only state is the time of the first one. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #now: () => number;
  #first: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get hasBegun(): boolean {
    return this.#first !== undefined;
  }

  /** Returns `finish` for the first signal, `end` for the second, and `pass over` for one that belongs to the first. */
  take(): 'finish' | 'end' | 'pass over' {
    if (this.#first !== undefined) return this.#now() - this.#first < TOGETHER_MS ? 'pass over' : 'end';
    this.#first = this.#now();
    this.#controller.abort();
    return 'finish';
  }
}

/**
 * Installs the signal handlers, which only the command does and never the library. Returns a signal that the first one aborts.
 * `graceMs` is then called for the time that the command may take to end.
 */
export function interruptSignal(graceMs: () => number): AbortSignal {
  const interruption = new Interruption();
  for (const name of SIGNALS) process.on(name, () => handle(name, interruption, graceMs));
  watchNpm(() => {
    if (!interruption.hasBegun) handle('SIGTERM', interruption, graceMs);
  });
  return interruption.signal;
}

/** Treats the end of the parent as a SIGTERM, which ends npm's shell without reaching the command. */
function watchNpm(ended: () => void): void {
  if (process.env.npm_execpath === undefined && process.env.npm_command === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, LOOK_MS);
  timer.unref();
}

function handle(name: Signal, interruption: Interruption, graceMs: () => number): void {
  const effect = interruption.take();
  if (effect === 'end') {
    overlay.hide();
    endAtOnce(name);
  }
  if (effect === 'finish')
    say(`${name}: stopping; delivering what was accepted for up to ${graceMs() / 1000} s (once more to end at once)`);
}
