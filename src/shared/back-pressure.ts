/**
 * Tracks brokers that ask a producer to send nothing for a while, such as a quota of Kafka or an alarm of RabbitMQ. That is no
 * failure, so the time counts for no attempt.
 *
 *     a broker asks ──> pause (its time, or until it lets go) ──> linger ──> over
 *                         ^──────────── it asks again ─────────────┘
 *
 * A pause ends with the connection, too. Whether the broker still asks is only known from the next connection, on which it asks
 * again or takes a message.
 *
 * Reports one beginning and one end for pauses that follow each other closely, and a beginning at most once a minute.
 */

import { blockedBy } from './blocked.ts';
import { A_MINUTE } from './log/log-throttle.ts';
import type { Logger } from './log/logger.ts';
import { Spacing } from './log/spacing.ts';

/** What `stats()` reports while a broker asks to be sent nothing. */
export interface Throttled {
  /** The broker that asked last. */
  readonly broker: string;
  /** Why it asked: a quota, or the reason that RabbitMQ gives for its alarm. */
  readonly reason: string;
  /** When the first pause began, in ms since 1970. */
  readonly since: number;
  /** The length of the latest pause, in ms; null where the broker named no end. */
  readonly ms: number | null;
}

export type TellThrottled = (throttled: Throttled | undefined) => void;

interface BackPressureContext {
  readonly log: Logger;
  readonly begins: string;
  readonly ends: string;
  /** Pauses with less than this time in ms between them count as one. @default 0 */
  readonly lingerMs?: number;
  /** Called at each beginning and end, and at most once a second for changes in between. */
  readonly tell: TellThrottled;
}

interface Ask {
  readonly broker: string;
  readonly reason: string;
  /** Length of the pause in ms. @default until the broker lets go */
  readonly ms?: number;
}

interface Episode {
  /** `in doubt`: the connection on which the broker asked is gone. */
  readonly phase: 'asked' | 'in doubt';
  readonly began: number;
  readonly level: 'warn' | 'debug';
  readonly throttled: Throttled;
}

const TELL_MS = 1000;

export class BackPressure {
  readonly #context: BackPressureContext;
  /** The end of each broker's pause, as `performance.now()` counts. */
  readonly #ends = new Map<string, number>();
  #episode: Episode | undefined;
  #timer: NodeJS.Timeout | undefined;
  #totalMs = 0;
  /** The time, as `performance.now()` counts, up to which `#totalMs` includes the pauses. */
  #countedTo = 0;
  readonly #beginnings = new Spacing(A_MINUTE);
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(context: BackPressureContext) {
    this.#context = context;
  }

  /** Total length of all pauses, in ms. */
  get ms(): number {
    this.#count();
    return this.#totalMs;
  }

  /** Whether a broker asks for a pause, or has asked so recently that the episode is not over. */
  get isOn(): boolean {
    return this.#episode !== undefined;
  }

  /** Remaining time of the pause in ms; 0 while no broker asks for one. */
  get leftMs(): number {
    return Math.max(this.#until - performance.now(), 0);
  }

  get #until(): number {
    return Math.max(this.#countedTo, ...this.#ends.values());
  }

  /** Begins a pause that a broker asks for. A shorter one, asked on a second connection, does not shorten it. */
  begin({ broker, reason, ms = Number.POSITIVE_INFINITY }: Ask): void {
    this.#count();
    this.#ends.set(broker, Math.max(this.#ends.get(broker) ?? 0, performance.now() + ms));
    const { since = Date.now() } = this.#episode?.throttled ?? {};
    this.#advance({ broker, reason, since, ms: Number.isFinite(ms) ? ms : null });
    this.#watch();
  }

  /** Ends the pause of a broker, because it has let go or its connection is closed; without a name, all pauses. */
  end(broker?: string): void {
    this.#count();
    if (broker === undefined) this.#ends.clear();
    else this.#ends.delete(broker);
    this.#watch();
  }

  /** Ends all pauses, because the connection on which the brokers asked is gone. The episode stays in doubt. */
  lost(): void {
    this.#count();
    this.#ends.clear();
    clearTimeout(this.#timer);
    if (this.#episode === undefined) return;
    this.#episode = { ...this.#episode, phase: 'in doubt' };
    this.#tell(undefined);
  }

  /** Ends an episode in doubt, because a broker has taken a message. */
  works(): void {
    if (this.#episode?.phase === 'in doubt') this.#over(this.#episode);
  }

  /** Adds the time of the pauses since the last call to the total. */
  #count(): void {
    const now = performance.now();
    this.#totalMs += Math.max(Math.min(now, this.#until) - this.#countedTo, 0);
    this.#countedTo = now;
  }

  #advance(throttled: Throttled): void {
    const now = performance.now();
    const isNew = this.#episode === undefined;
    const isTold = this.#episode?.phase === 'asked' && now - this.#toldAt < TELL_MS;
    const { began = now, level = this.#level(now) } = this.#episode ?? {};
    this.#episode = { phase: 'asked', began, level, throttled };
    const { broker, reason, ms } = throttled;
    if (isNew) this.#logBeginning(level, { broker, reason, ...(ms !== null && { ms }) });
    if (!isTold) this.#tell(throttled);
  }

  #level(now: number): Episode['level'] {
    if (this.#beginnings.happens(now) > 0) return 'debug';
    this.#beginnings.written(now);
    return 'warn';
  }

  #logBeginning(level: Episode['level'], ask: Ask): void {
    this.#context.log[level]({ ...ask, ...blockedBy('back-pressure') }, this.#context.begins);
  }

  #tell(throttled: Throttled | undefined): void {
    this.#toldAt = performance.now();
    this.#context.tell(throttled);
  }

  /** Ends the episode when the last pause is over and no other one has followed within the linger time. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#episode === undefined) return;
    const { lingerMs = 0 } = this.#context;
    const left = this.leftMs + lingerMs;
    if (left === 0) this.#over(this.#episode);
    else if (Number.isFinite(left)) this.#timer = setTimeout(() => this.#lapsed(), left).unref();
  }

  #lapsed(): void {
    this.#count();
    if (this.leftMs > 0) this.#watch();
    else if (this.#episode !== undefined) this.#over(this.#episode);
  }

  #over({ began, level }: Episode): void {
    const seconds = Math.round(performance.now() - began) / 1000;
    this.#episode = undefined;
    this.#context.log[level === 'warn' ? 'info' : 'debug']({ seconds }, this.#context.ends);
    this.#tell(undefined);
  }
}
