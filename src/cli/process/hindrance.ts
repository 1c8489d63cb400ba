/** What is in the way of a producer's messages, for the last lines of `send` and `smoke`. */

import type { Stats } from '../../caller/stats.ts';
import { counted, say } from '../output.ts';
import type { Subject } from '../producer-session.ts';
import type { Summary } from '../summary.ts';

/** Time in ms between two looks at the producer. */
const LOOK_EVERY_MS = 250;
/** A producer that has settled messages and settles none for this long, in ms, stands still. */
const STANDSTILL_MS = 1000;

type Watched = Pick<Subject, 'name' | 'kind'> & { readonly producer: { stats(): Stats } };

/** Looks at a producer from its construction until `end`. */
export class Hindrance {
  readonly #subject: Watched;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #settled = 0;
  /** When the attempt that is under way began, or the producer last settled a message. */
  #since: number;
  #found: string | undefined;

  constructor(subject: Watched, now: () => number = () => performance.now()) {
    this.#subject = subject;
    this.#now = now;
    this.#since = now();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  look(): void {
    const stats = this.#subject.producer.stats();
    const settled = stats.delivered + stats.deadLettered;
    const isUnderWay = stats.inFlight > 0 && stats.blockedBy === undefined;
    if (!isUnderWay || settled !== this.#settled) this.#since = this.#now();
    this.#settled = settled;
    // At the end of `smoke` the messages that wait are withdrawn, and nothing is pending any more.
    if (stats.pending > 0) this.#found = this.#inTheWay(stats);
  }

  /** Undefined while messages are being delivered. */
  #inTheWay({ blockedBy, inFlight }: Stats): string | undefined {
    if (blockedBy !== undefined) return `blocked by ${blockedBy.by}: ${blockedBy.why}`;
    const ms = this.#now() - this.#since;
    if (inFlight === 0 || (this.#settled > 0 && ms < STANDSTILL_MS)) return undefined;
    const hook = this.#subject.kind === 'custom' ? " (the class's _send has not settled)" : '';
    return `an attempt has been running for ${seconds(ms)} s and has not ended${hook}`;
  }

  /** Call it before the producer is shut down, which cuts attempts off. */
  end(): void {
    this.look();
    clearInterval(this.#timer);
  }

  /** Says what is in the way, where messages are left. */
  say({ undelivered }: Pick<Summary, 'undelivered'>): void {
    if (undelivered > 0 && this.#found !== undefined)
      say(`${this.#subject.name}: ${counted(undelivered, 'message')} left, ${this.#found}`);
  }
}

const seconds = (ms: number): string => (ms < 10_000 ? (ms / 1000).toFixed(1) : String(Math.round(ms / 1000)));
