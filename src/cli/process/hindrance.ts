/** Finds what holds up a producer's messages, for the last lines of `send` and `smoke`. */

import type { Stats } from '../../caller/stats.ts';
import { counted, say } from '../output.ts';
import type { Subject } from '../producer-session.ts';
import type { Summary } from '../summary.ts';

/** Time, in ms, between two checks of the producer. */
const CHECK_EVERY_MS = 250;
/** Time, in ms, without a settled message after which a producer that has settled some counts as stalled. */
const STANDSTILL_MS = 1000;

type Watched = Pick<Subject, 'name' | 'kind'> & { readonly producer: { stats(): Stats } };

/** Watches a producer from its construction until `end`. */
export class Hindrance {
  readonly #subject: Watched;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #settled = 0;
  /** When the running attempt began, or the producer last settled a message. */
  #since: number;
  #found: string | undefined;

  constructor(subject: Watched, now: () => number = () => performance.now()) {
    this.#subject = subject;
    this.#now = now;
    this.#since = now();
    this.#timer = setInterval(() => this.check(), CHECK_EVERY_MS).unref();
  }

  check(): void {
    const stats = this.#subject.producer.stats();
    const settled = stats.delivered + stats.deadLettered;
    const isUnderWay = stats.pendingBy.leased > 0 && stats.blockedBy === undefined;
    if (!isUnderWay || settled !== this.#settled) this.#since = this.#now();
    this.#settled = settled;
    // At the end of `smoke` the waiting messages are withdrawn, so that no message is pending any more.
    if (stats.pending > 0) this.#found = this.#inTheWay(stats);
  }

  /** Returns what holds up the messages. Undefined while messages are being delivered. */
  #inTheWay({ blockedBy, pendingBy }: Stats): string | undefined {
    if (blockedBy !== undefined) return `blocked by ${blockedBy.by}: ${blockedBy.why}`;
    const ms = this.#now() - this.#since;
    if (pendingBy.leased === 0 || (this.#settled > 0 && ms < STANDSTILL_MS)) return undefined;
    const hook = this.#subject.kind === 'custom' ? " (the class's _send has not settled)" : '';
    return `an attempt has been running for ${seconds(ms)} s and has not ended${hook}`;
  }

  /** Ends watching. Must be called before the producer's shutdown, which cuts attempts off. */
  end(): void {
    this.check();
    clearInterval(this.#timer);
  }

  say({ undelivered }: Pick<Summary, 'undelivered'>): void {
    if (undelivered > 0 && this.#found !== undefined)
      say(`${this.#subject.name}: ${counted(undelivered, 'message')} left, ${this.#found}`);
  }
}

const seconds = (ms: number): string => (ms < 10_000 ? (ms / 1000).toFixed(1) : String(Math.round(ms / 1000)));
