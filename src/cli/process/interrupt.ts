/** Ctrl-C, `kill` and a terminal that closes: the first signal asks the command to finish in good order, the second ends it. */

import { say } from '../output.ts';
import { endAtOnce } from './end-at-once.ts';

/** What has been accepted is delivered within this time after a signal, unless a command says otherwise. */
export const GRACE_MS = 10_000;

/**
 * Signals that come together count as one. A terminal signals the whole process group, and a wrapper (npm, timeout, a shell
 * script) passes its own signal on as well.
 */
export const TOGETHER_MS = 500;

/** How often the process looks whether what npm has started it with is there, in ms. */
const LOOK_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** Decides what a signal does, as one state: when the first one came. */
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

  /** `finish`: it is the first; `end`: it is the second; `pass over`: it belongs to the first. */
  take(): 'finish' | 'end' | 'pass over' {
    if (this.#first !== undefined) return this.#now() - this.#first < TOGETHER_MS ? 'pass over' : 'end';
    this.#first = this.#now();
    this.#controller.abort();
    return 'finish';
  }
}

/**
 * The library installs no signal handlers; the process belongs to the command. Aborted by the first signal; `graceMs` is
 * asked then how long the command may take to end.
 */
export function interruptSignal(graceMs: () => number): AbortSignal {
  const interruption = new Interruption();
  for (const name of SIGNALS) process.on(name, () => handle(name, interruption, graceMs));
  watchNpm(() => {
    if (!interruption.hasBegun) handle('SIGTERM', interruption, graceMs);
  });
  return interruption.signal;
}

/**
 * npm and its like start a command by way of a shell. A SIGTERM ends both, and does not reach the command, which would go on
 * without a parent: the end of its parent stands for the signal.
 */
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
  if (effect === 'end') endAtOnce(name);
  if (effect === 'finish')
    say(`${name}: stopping; delivering what was accepted for up to ${graceMs() / 1000} s (once more to end at once)`);
}
