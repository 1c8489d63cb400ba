/** What becomes of the ranges that the loop has, and how the spool and the caller's side learn of it: many at once. */

import { Credits } from '../../shared/credits.ts';
import type { FailedAttempt, FromSpool, LeaseMessage, SpilledReport } from '../../shared/protocol.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { SpoolWords } from '../../shared/spool-progress.ts';
import type { BrokerReport } from '../../shared/transport.ts';
import type { Spool } from '../../spool/spool.ts';
import type { LeasedRange, RecordRef } from '../delivery/leased-range.ts';
import { OpenRange } from './open-range.ts';

/** What was delivered of a range that is not through is said so much later at the most: a crash in between sends it again. */
const HOLD_MS = 20;

export interface OutcomesContext {
  readonly spool: Spool;
  readonly words: SpoolWords;
  post(message: FromSpool): void;
  /** The range is through, and has been said. */
  through(id: number): void;
  /** The outcomes of this turn of the event loop have been said: the loop may have room. */
  said(): void;
}

export class SpoolOutcomes {
  readonly #context: OutcomesContext;
  readonly #open = new Map<number, OpenRange>();
  readonly #credits = new Credits();
  /** Went through in this turn of the event loop. */
  #through: [id: number, range: OpenRange][] = [];
  #reports: SpilledReport[] = [];
  #turn: NodeJS.Immediate | undefined;
  /** Runs when something was delivered of ranges that are not through. */
  #hold: NodeJS.Timeout | undefined;
  /** holding: single deliveries are said a little later · hurrying: by `flush` alone · closed: the files are not ours. */
  #phase: 'holding' | 'hurrying' | 'closed' = 'holding';

  constructor(context: OutcomesContext) {
    this.#context = context;
  }

  /** So many ranges are with the loop. */
  get open(): number {
    return this.#open.size;
  }

  /** So many of them have not been overtaken. */
  get credits(): number {
    return this.#credits.taken;
  }

  /** The loop gets this range. */
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

  /** The message stays in the spool until whoever takes dead letters has it. */
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

  /** Says what was delivered since the last time, also of ranges that are not through: those are many runs. */
  flush(): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    this.#say([...this.#open].filter(([, range]) => range.hasUnsaid));
  }

  /** From now on what is delivered is said in its turn, or by `flush`. */
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

  /** The caller's side has settled these. */
  settled(runs: readonly NumberRun[]): void {
    for (const run of runs) this.#settle(run);
  }

  #settle([first, last]: NumberRun): void {
    const { spool, words } = this.#context;
    if (this.#phase === 'closed') return; // it comes again with the next opening
    spool.settle(words.base + first, words.base + last);
  }

  /** The files are not ours any more. */
  close(): void {
    this.hurry();
    this.#phase = 'closed';
  }
}

function reportOf(range: LeasedRange, index: number, report?: BrokerReport): SpilledReport {
  const { partition = -1, offset = -1, timestamp = -1 } = report ?? {};
  return { sequence: range.sequence + index, record: range.record(index), partition, offset, timestamp };
}
