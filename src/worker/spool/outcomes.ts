/** Collects the outcomes of the ranges that the loop has, and reports them in bulk to the spool and to the caller's side. */

import { Credits } from '../../shared/credits.ts';
import type { FailedAttempt, FromSpool, LeaseMessage, SpilledReport } from '../../shared/protocol.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { SpoolWords } from '../../shared/spool-progress.ts';
import type { BrokerReport } from '../../shared/transport.ts';
import type { Spool } from '../../spool/spool.ts';
import type { LeasedRange, RecordRef } from '../delivery/leased-range.ts';
import { OpenRange } from './open-range.ts';

/** Longest delay, in ms, before a partly delivered range is reported. A crash within it causes a redelivery. */
const HOLD_MS = 20;

export interface OutcomesContext {
  readonly spool: Spool;
  readonly words: SpoolWords;
  post(message: FromSpool): void;
  /** Called when every message of the range has an outcome that was reported. */
  through(id: number): void;
  /** Called when the outcomes of this turn of the event loop were reported, so that the loop may have capacity again. */
  said(): void;
}

export class SpoolOutcomes {
  readonly #context: OutcomesContext;
  readonly #open = new Map<number, OpenRange>();
  readonly #credits = new Credits();
  /** Ranges whose last outcome came in this turn of the event loop. */
  #through: [id: number, range: OpenRange][] = [];
  #reports: SpilledReport[] = [];
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
    this.#open.set(lease.id, new OpenRange(lease.sequence, lease.count));
    this.#credits.take(lease.id);
    return lease;
  }

  delivered(range: LeasedRange, index: number, report?: BrokerReport): void {
    const open = this.#open.get(range.id);
    open?.delivered(range.sequence + index);
    this.#credits.moved(range.id);
    if (range.id < 0 && range.reportWanted(index))
      this.#reports.push({ ...reportOf(range, index, report), ...this.#identity(range.sequence + index) });
    this.#ended(range.id, open);
  }

  /** Reports a permanently failed message. It stays in the spool until the target of dead letters has accepted it. */
  condemned({ range, index }: RecordRef, attempts: readonly FailedAttempt[]): void {
    const sequence = range.sequence + index;
    this.flush();
    if (range.id < 0) {
      const message = { sequence, record: range.record(index), attempts, ...this.#identity(sequence) };
      this.#context.post({ type: 'spilledCondemned', message });
    }
    const open = this.#open.get(range.id);
    open?.condemned();
    this.#ended(range.id, open);
  }

  #identity(sequence: number): { id?: string } {
    const { spool, words } = this.#context;
    const id = spool.idOf(words.base + sequence);
    return id === undefined ? {} : { id };
  }

  #ended(id: number, open: OpenRange | undefined): void {
    if (open?.isThrough) {
      this.#open.delete(id);
      this.#credits.giveBack(id);
      this.#through.push([id, open]);
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

  #say(some: readonly [id: number, range: OpenRange][]): void {
    const through = this.#through.splice(0);
    const messages: NumberRun[] = [];
    for (const [id, range] of [...through, ...some])
      for (const run of range.take()) {
        this.#settle(run);
        if (id < 0) messages.push(run);
      }
    const reports = this.#reports.splice(0);
    if (messages.length + reports.length > 0) this.#context.post({ type: 'spilledDelivered', messages, reports });
    for (const [id] of through) this.#context.through(id);
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

function reportOf(range: LeasedRange, index: number, report?: BrokerReport): SpilledReport {
  const { partition = -1, offset = -1, timestamp = -1 } = report ?? {};
  return { sequence: range.sequence + index, record: range.record(index), partition, offset, timestamp };
}
