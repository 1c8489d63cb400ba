/** Collects the outcomes of the ranges that the loop has, and reports them in bulk to the spool and to the caller's side. */

import { Credits } from '../../shared/credits.ts';
import type { LeaseMessage } from '../../shared/protocol.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { SpoolWords } from '../../shared/spool-progress.ts';
import type { Spool } from '../../spool/spool.ts';
import type { Deliveries } from '../deliveries.ts';
import type { LeasedRange } from '../delivery/leased-range.ts';
import { OpenRange } from './open-range.ts';

/** Longest delay, in ms, before a partly delivered range is reported. A crash within it causes a redelivery. */
const HOLD_MS = 20;

export interface OutcomesContext {
  readonly spool: Spool;
  readonly words: SpoolWords;
  readonly deliveries: Deliveries;
  /** Called when every message of the range that begins with `sequence` has an outcome that was reported. */
  through(sequence: number): void;
  /** Called when the outcomes of this turn of the event loop were reported, so that the loop may have capacity again. */
  said(): void;
}

export class SpoolOutcomes {
  readonly #context: OutcomesContext;
  /** By the sequence number of the range's first message. */
  readonly #open = new Map<number, OpenRange>();
  readonly #credits = new Credits();
  /** Ranges whose last outcome came in this turn of the event loop. */
  #through: [sequence: number, range: OpenRange][] = [];
  #turn: NodeJS.Immediate | undefined;
  /** Set while deliveries of unfinished ranges have not been reported. */
  #hold: NodeJS.Timeout | undefined;
  /**
   * - holding: deliveries of unfinished ranges are reported up to `HOLD_MS` later.
   * - hurrying: only `flush` reports them.
   * - closed: the files belong to another opening.
   */
  #phase: 'holding' | 'hurrying' | 'closed' = 'holding';

  constructor(context: OutcomesContext) {
    this.#context = context;
  }

  /** Number of ranges that the loop has. */
  get open(): number {
    return this.#open.size;
  }

  /** Number of ranges that no later range has overtaken. */
  get credits(): number {
    return this.#credits.taken;
  }

  /** Registers a range that the loop is about to get, and returns it. */
  opened(lease: LeaseMessage): LeaseMessage {
    this.#open.set(lease.sequence, new OpenRange(lease));
    this.#credits.take(lease.sequence);
    return lease;
  }

  delivered({ sequence }: LeasedRange, index: number): void {
    const open = this.#open.get(sequence);
    open?.delivered(sequence + index);
    this.#credits.moved(sequence);
    this.#ended(sequence, open);
  }

  /** A message has permanently failed. It stays in the spool until the target of dead letters has accepted it. */
  permanentlyFailed({ sequence }: LeasedRange): void {
    this.flush();
    const open = this.#open.get(sequence);
    open?.permanentlyFailed();
    this.#ended(sequence, open);
  }

  #ended(sequence: number, open: OpenRange | undefined): void {
    if (open?.isThrough) {
      this.#open.delete(sequence);
      this.#credits.giveBack(sequence);
      this.#through.push([sequence, open]);
    }
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#say([]);
      if (this.#phase === 'holding') this.#hold ??= setTimeout(() => this.flush(), HOLD_MS).unref();
      this.#context.said();
    });
  }

  /** Reports the deliveries so far, also those of unfinished ranges, which make many runs. */
  flush(): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    this.#say([...this.#open].filter(([, range]) => range.hasUnsaid));
  }

  /** Ends the delay of reports. Finished ranges are still reported in their turn of the event loop, all others by `flush` only. */
  hurry(): void {
    if (this.#phase === 'holding') this.#phase = 'hurrying';
    this.flush();
  }

  #say(some: readonly [sequence: number, range: OpenRange][]): void {
    const { deliveries, through } = this.#context;
    const ended = this.#through.splice(0);
    for (const [, range] of [...ended, ...some])
      for (const run of range.take()) {
        this.#settle(run);
        if (range.isOnDiskOnly) deliveries.add(run);
      }
    deliveries.flush();
    for (const [sequence] of ended) through(sequence);
  }

  /** Settles messages in the spool whose outcome the caller's side decided. */
  settled(runs: readonly NumberRun[]): void {
    for (const run of runs) this.#settle(run);
  }

  #settle([first, last]: NumberRun): void {
    const { spool, words } = this.#context;
    if (this.#phase === 'closed') return; // its messages come again with the next opening
    spool.settle(words.base + first, words.base + last);
  }

  /** Reports the remaining deliveries, and writes no settlement after that, because the files may belong to another opening. */
  close(): void {
    this.hurry();
    this.#phase = 'closed';
  }
}
