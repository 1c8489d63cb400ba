/**
 * The dead letters for one target, in order. While the target takes them, each is offered at once, so that a file writes those of one
 * moment together. A target that has failed is asked with the oldest letter alone, and gets the others when it has taken that one.
 *
 *     open ──an offer fails──> failing ──none is on its way any more──> pausing ──time, or wake()──> probing
 *      ^                                                                   ^                           │
 *      │                                                                   └────the offer fails────────┤
 *      └──────────────────────────────────────the target takes the letter──────────────────────────────┘
 */

import { linked } from '../abort.ts';
import type { Clock } from '../clock.ts';
import { type Deferred, deferred } from '../deferred.ts';
import { BackOff } from '../delivery/back-off.ts';
import { within } from '../delivery/deadline.ts';
import { asError } from '../errors.ts';
import { StateMachine } from '../lifecycle.ts';
import type { DeadLetter, DeadLetterTarget } from './dead-letter.ts';

const FIRST_PAUSE_MS = 1000;
/** There is one timer for all letters of a target, so it may look often whether the target is back. */
const LONGEST_PAUSE_MS = 10_000;
/** Longest time in ms that the other offers may take to end, when one has failed. What they deliver later counts all the same. */
const LATE_MS = 10_000;

type State = 'open' | 'failing' | 'pausing' | 'probing';

const STATES: { readonly [state in State]: readonly State[] } = {
  open: ['failing'],
  failing: ['pausing'],
  pausing: ['probing'],
  probing: ['open', 'failing'],
};

export interface TargetContext {
  readonly target: DeadLetterTarget;
  readonly clock: Clock;
  /** Aborted at the end of the producer. */
  readonly stop: AbortSignal;
  /** The target has refused a letter. */
  failed(error: Error, letter: DeadLetter): void;
  /** The target has taken a letter after that. */
  recovered(): void;
}

interface Entry {
  readonly letter: DeadLetter;
  readonly place: number;
  isTaken: boolean;
  /** Resolves with whether the target has taken it; false at the end of the producer. */
  readonly ended: Deferred<boolean>;
}

/** One offer of an entry, which may have another one when this one is late. */
interface Offer {
  readonly entry: Entry;
}

export class TargetQueue {
  readonly #context: TargetContext;
  readonly #states = new StateMachine<State>(STATES, 'open');
  readonly #backOff: BackOff;
  #waiting: Entry[] = [];
  readonly #offers = new Map<Offer, Promise<void>>();
  #givenUp = new AbortController();
  #pauseMs = FIRST_PAUSE_MS;
  #added = 0;
  #failure: Error | undefined;

  constructor(context: TargetContext) {
    this.#context = context;
    this.#backOff = new BackOff(context.clock);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#offers.size === 0 && this.#states.is('open');
  }

  /** What the target has failed with; undefined while it takes letters. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves with whether the target has taken the letter; false when the producer ended first. */
  add(letter: DeadLetter): Promise<boolean> {
    const entry: Entry = { letter, place: this.#added++, isTaken: false, ended: deferred<boolean>() };
    this.#waiting.push(entry);
    this.#offerAll();
    return entry.ended.promise;
  }

  /** Asks a failing target at once. A wake while it is being asked counts for the pause that follows. */
  wake(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#backOff.wake();
  }

  /** The producer has ended. */
  end(): void {
    for (const { entry } of this.#offers.keys()) entry.ended.resolve(false);
    for (const { ended } of this.#waiting.splice(0)) ended.resolve(false);
    this.#offers.clear();
    this.#backOff.wake();
  }

  #offerAll(): void {
    if (this.#states.is('open')) for (const entry of this.#waiting.splice(0)) this.#offer(entry);
  }

  #offer(entry: Entry): void {
    if (this.#offers.size === 0) this.#backOff.attempted();
    const offer: Offer = { entry };
    const asked = this.#ask(entry.letter).then(
      () => this.#took(offer),
      (error) => this.#refused(offer, asError(error)),
    );
    this.#offers.set(offer, asked);
  }

  /** The target gets a signal of its own: what it leaves there goes with it. */
  #ask(letter: DeadLetter): Promise<unknown> {
    return linked([this.#context.stop, this.#givenUp.signal], (signal) => this.#context.target(letter, signal));
  }

  /** An offer that is late counts, too. */
  #took(offer: Offer): void {
    this.#offers.delete(offer);
    const { entry } = offer;
    entry.isTaken = true;
    entry.ended.resolve(true);
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((one) => one !== entry);
    if (this.#states.is('probing')) this.#reopen();
    else this.#pauseIfOver();
  }

  #reopen(): void {
    this.#states.transition('open');
    this.#failure = undefined;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#context.recovered();
    this.#offerAll();
  }

  #refused(offer: Offer, error: Error): void {
    if (!this.#offers.delete(offer)) return; // it was late and waits again, or the producer has ended
    this.#putBack(offer);
    if (this.#states.is('open', 'probing')) this.#fail(error, offer.entry.letter);
    this.#pauseIfOver();
  }

  #putBack(...offers: readonly Offer[]): void {
    const entries = offers.flatMap(({ entry }) => (entry.isTaken ? [] : [entry]));
    this.#waiting = [...entries, ...this.#waiting].sort((a, b) => a.place - b.place);
  }

  /** Nothing that follows may overtake the letter: the other offers are given up. */
  #fail(error: Error, letter: DeadLetter): void {
    this.#failure = error;
    this.#states.transition('failing');
    this.#context.failed(error, letter);
    this.#givenUp.abort();
    this.#givenUp = new AbortController();
    if (this.#offers.size > 0) void this.#leaveLate();
  }

  async #leaveLate(): Promise<void> {
    const { clock, stop } = this.#context;
    await within(Promise.all(this.#offers.values()), LATE_MS, { clock, stop });
    if (!this.#states.is('failing') || stop.aborted) return;
    this.#putBack(...this.#offers.keys());
    this.#offers.clear();
    this.#pauseIfOver();
  }

  #pauseIfOver(): void {
    if (this.#states.is('failing') && this.#offers.size === 0) void this.#pause();
  }

  async #pause(): Promise<void> {
    this.#states.transition('pausing');
    const ms = this.#pauseMs;
    this.#pauseMs = Math.min(ms * 2, LONGEST_PAUSE_MS);
    await this.#backOff.pause(ms);
    if (this.#context.stop.aborted) return;
    this.#states.transition('probing');
    const oldest = this.#waiting.shift();
    if (oldest === undefined) this.#reopen();
    else this.#offer(oldest);
  }
}
