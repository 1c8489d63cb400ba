/**
 * The dead letters for one target, in order. While the target takes them, each is offered at once, so that a file writes those that
 * arrive together in one group. After a failure, the target is probed with the oldest dead letter and, if that one fails or is slow,
 * with one other. When the target takes one of them, the others follow in a window that grows by one with each dead letter taken.
 *
 *     open ──an offer fails──> failing ──none is on its way any more──> pausing ──time, or wake()──> probing
 *      ^                         ^                                         ^                           │
 *      │                   an offer fails                                  │                 it fails, or is slow
 *      │                         │                                         │                           v
 *      └───all are offered─── growing <──the target takes one──┐           └──both fail────────── comparing
 *                                                              └──────────────────────── probing, comparing
 *
 * A dead letter that is refused although the target has taken a later one is held back alone, with a pause of its own. So the order is
 * kept among the dead letters that the target takes.
 */

import { asError } from '../../shared/errors.ts';
import { StateMachine } from '../../shared/lifecycle.ts';
import { linked } from '../../shared/util/abort.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { type Deferred, deferred } from '../../shared/util/deferred.ts';
import { within } from '../../shared/util/within.ts';
import type { DeadLetter, TargetOfDeadLetters } from './dead-letter.ts';
import { GrowingPause } from './growing-pause.ts';
import { HeldBack } from './held-back.ts';

/** Longest time in ms for a probe, and for offers under way when another one failed. An acceptance after that still counts. */
const LATE_MS = 10_000;
/** Time in ms after which another dead letter is offered in addition to an unanswered probe. */
const SLOW_MS = 1000;

type State = 'open' | 'failing' | 'pausing' | 'probing' | 'comparing' | 'growing';

const STATES: { readonly [state in State]: readonly State[] } = {
  open: ['failing'],
  failing: ['pausing'],
  pausing: ['probing'],
  probing: ['growing', 'comparing'],
  comparing: ['growing', 'pausing'],
  growing: ['open', 'failing'],
};

export interface TargetContext {
  readonly target: TargetOfDeadLetters;
  readonly clock: Clock;
  /** Aborted at the end of the producer. */
  readonly stop: AbortSignal;
  /** The target has refused a dead letter. */
  failed(error: Error, letter: DeadLetter): void;
  /** The target has taken a dead letter after a failure. */
  recovered(): void;
}

interface Entry {
  readonly letter: DeadLetter;
  readonly place: number;
  isTaken: boolean;
  /** Why the target has refused this dead letter although it took a later one. */
  ownFault: Error | undefined;
  /** Resolves with true when the target has taken it, and with false at the end of the producer. */
  readonly ended: Deferred<boolean>;
}

/** One offer of an entry. If the offer is late, the entry may be offered a second time. */
interface Offer {
  readonly entry: Entry;
  readonly cut: AbortController;
  /** Whether the target has taken a later dead letter since. */
  isPassed: boolean;
  /** Resolves when the target has answered, or is late. */
  readonly over: Deferred<void>;
}

export class TargetQueue {
  readonly #context: TargetContext;
  readonly #states = new StateMachine<State>(STATES, 'open');
  readonly #pause: GrowingPause;
  readonly #offers = new Set<Offer>();
  #waiting: Entry[] = [];
  readonly #heldBack: HeldBack<Entry>;
  /** Refused entries, with their errors, since the target last took a dead letter. */
  readonly #refusedNow = new Map<Entry, Error>();
  /** Largest number of offers under way in the state `growing`. */
  #window = 1;
  #probedLast = -1;
  #added = 0;
  #failure: Error | undefined;

  constructor(context: TargetContext) {
    this.#context = context;
    this.#pause = new GrowingPause(context.clock);
    this.#heldBack = new HeldBack(context.clock, (entries) => {
      if (context.stop.aborted) return;
      this.#putBack(...entries);
      this.#offerMore();
    });
  }

  get isEmpty(): boolean {
    const count = this.#waiting.length + this.#offers.size + this.#heldBack.entries.length;
    return count === 0 && this.#states.is('open');
  }

  /** The last failure of the target; undefined while it takes all dead letters. */
  get failure(): Error | undefined {
    return this.#failure ?? this.#heldBack.entries[0]?.ownFault;
  }

  /** Resolves with true when the target has taken the dead letter, and with false when the producer ended first. */
  add(letter: DeadLetter): Promise<boolean> {
    const ended = deferred<boolean>();
    this.#waiting.push({ letter, place: this.#added++, isTaken: false, ownFault: undefined, ended });
    this.#offerMore();
    return ended.promise;
  }

  /** Asks a failing target at once. A wake while it is being asked counts for the pause that follows. */
  wake(): void {
    this.#pause.wake();
    this.#heldBack.wake();
  }

  /** Ends every wait with false, because the producer has ended. */
  end(): void {
    const offered = [...this.#offers].map(({ entry }) => entry);
    for (const { ended } of [...offered, ...this.#waiting, ...this.#heldBack.entries]) ended.resolve(false);
    this.#offers.clear();
    this.#waiting = [];
    this.wake();
  }

  get #capacity(): number {
    if (this.#states.is('open')) return Number.POSITIVE_INFINITY;
    return this.#states.is('growing') ? this.#window - this.#offers.size : 0;
  }

  #offerMore(): void {
    while (this.#waiting.length > 0 && this.#capacity > 0) this.#offer(this.#waiting.shift() as Entry);
    if (this.#states.is('growing') && this.#waiting.length === 0) this.#states.transition('open');
  }

  #offer(entry: Entry): Offer {
    if (this.#states.is('open') && this.#offers.size === 0) this.#pause.attempted();
    const offer: Offer = { entry, cut: new AbortController(), isPassed: false, over: deferred() };
    this.#offers.add(offer);
    this.#ask(offer).then(
      () => this.#took(offer),
      (error) => this.#refused(offer, asError(error)),
    );
    if (!this.#states.is('open')) void this.#bound([offer]);
    return offer;
  }

  /** Asks the target with a signal of this offer alone, so that listeners which the target leaves on it are released with it. */
  #ask({ entry, cut }: Offer): Promise<unknown> {
    return linked([this.#context.stop, cut.signal], (signal) => this.#context.target(entry.letter, signal));
  }

  /** Treats offers without an answer in time as refused. They are aborted, and their dead letters wait again. */
  async #bound(offers: readonly Offer[]): Promise<void> {
    const { clock, stop } = this.#context;
    await within(Promise.all(offers.map(({ over }) => over.promise)), LATE_MS, { clock, stop });
    const late = new Error(`the dead-letter target has not answered within ${LATE_MS / 1000} s`);
    if (!stop.aborted) for (const offer of offers) this.#refused(offer, late);
  }

  /** Records an acceptance. A late one counts too, but it does not show that the target refuses earlier dead letters now. */
  #took(offer: Offer): void {
    const { entry } = offer;
    const isLate = !this.#over(offer);
    entry.isTaken = true;
    entry.ended.resolve(true);
    if (entry.ownFault !== undefined) this.#heldBack.taken(entry);
    if (!isLate) for (const earlier of this.#offers) if (earlier.entry.place < entry.place) earlier.isPassed = true;
    this.#waiting = this.#waiting.filter((one) => one !== entry);
    if (this.#states.is('probing', 'comparing')) this.#reopen(isLate ? undefined : entry);
    else this.#window++;
    this.#moveOn();
  }

  #over(offer: Offer): boolean {
    offer.over.resolve();
    return this.#offers.delete(offer);
  }

  #reopen(taken?: Entry): void {
    this.#states.transition('growing');
    this.#window = this.#offers.size + 1;
    this.#failure = undefined;
    this.#pause.reset();
    this.#context.recovered();
    const passed = this.#waiting.filter((one) => this.#refusedNow.has(one) && one.place < (taken?.place ?? 0));
    this.#waiting = this.#waiting.filter((one) => !passed.includes(one));
    for (const entry of passed) this.#holdBack(entry, this.#refusedNow.get(entry) as Error);
    this.#refusedNow.clear();
    this.#keepOrder();
  }

  /** Aborts a probe that is still under way if it would overtake the dead letters that are offered next. */
  #keepOrder(): void {
    const { place: next = Number.POSITIVE_INFINITY } = this.#waiting[0] ?? {};
    for (const { entry, cut } of this.#offers) if (entry.place > next) cut.abort();
  }

  #refused(offer: Offer, error: Error): void {
    if (!this.#over(offer)) return; // the offer was late and its entry waits again, or the producer has ended
    const { entry, cut } = offer;
    const wasGivenUp = cut.signal.aborted;
    cut.abort();
    if (entry.isTaken || wasGivenUp) this.#putBack(entry);
    else if (this.#isOwnFault(offer)) this.#holdBack(entry, error);
    else this.#fail(offer, error);
    this.#moveOn();
  }

  /** Whether the refusal concerns this dead letter alone. One that was held back before does not show that the target fails. */
  #isOwnFault({ entry, isPassed }: Offer): boolean {
    return isPassed || (entry.ownFault !== undefined && this.#states.is('open', 'growing'));
  }

  #putBack(...entries: readonly Entry[]): void {
    this.#waiting = [...entries.filter(({ isTaken }) => !isTaken), ...this.#waiting].sort((a, b) => a.place - b.place);
  }

  #holdBack(entry: Entry, error: Error): void {
    entry.ownFault = error;
    this.#context.failed(error, entry.letter);
    this.#heldBack.add(entry);
  }

  #fail({ entry }: Offer, error: Error): void {
    this.#putBack(entry);
    this.#refusedNow.set(entry, error);
    if (!this.#states.is('failing')) this.#context.failed(error, entry.letter);
    this.#failure = error;
    if (this.#states.is('probing', 'comparing')) return;
    this.#giveUpBehind(entry);
    if (this.#states.is('failing')) return;
    this.#states.transition('failing');
    void this.#bound([...this.#offers]);
  }

  /** Aborts later offers, which must not overtake this dead letter. Earlier ones cannot, and may have reached the target already. */
  #giveUpBehind({ place }: Entry): void {
    for (const { entry, cut } of this.#offers) if (entry.place > place) cut.abort();
  }

  #moveOn(): void {
    this.#offerMore();
    if (this.#states.is('failing', 'comparing') && this.#offers.size === 0) void this.#askLater();
  }

  async #askLater(): Promise<void> {
    this.#states.transition('pausing');
    await this.#pause.wait();
    if (this.#context.stop.aborted) return;
    this.#states.transition('probing');
    const oldest = this.#waiting.shift();
    if (oldest !== undefined) return this.#probe(oldest);
    this.#reopen();
    this.#moveOn();
  }

  /** Offers the oldest dead letter and, unless it is taken soon, one other in turn, because the fault may lie with the oldest. */
  async #probe(oldest: Entry): Promise<void> {
    const { over } = this.#offer(oldest);
    await within(over.promise, SLOW_MS, this.#context);
    if (this.#context.stop.aborted || !this.#states.is('probing')) return;
    this.#states.transition('comparing');
    // A target whose queue is full refuses every dead letter, so comparing two would show nothing.
    const other = this.#context.target.isFull?.() === true ? undefined : this.#nextInTurn(oldest);
    if (other !== undefined) this.#offer(other);
    this.#moveOn();
  }

  #nextInTurn(oldest: Entry): Entry | undefined {
    const others = this.#waiting.filter((one) => one !== oldest);
    const next = others.find(({ place }) => place > this.#probedLast) ?? others[0];
    this.#probedLast = next?.place ?? -1;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    return next;
  }
}
