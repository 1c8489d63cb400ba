/**
 * Stands between the leases that come in and the delivery loop where a producer has a spool: everything is written before
 * its first attempt. While the loop keeps up, leases go straight on to it and are never read back. When it does not, they
 * stay on disk alone and their memory is given back; they are read, in order, when the loop has room.
 *
 * Order: what is on disk alone goes before whatever comes after it, so a lease goes straight on only where nothing is.
 */

import type { LeasedRange, RecordRef } from '../delivery/leased-range.ts';
import { asError } from '../errors.ts';
import { type NumberRun, NumberRuns } from '../number-runs.ts';
import { OUTCOME, SLOT_OVERHEAD, SLOT_RECORDS, SlotMemory } from '../queue/slot.ts';
import type { SpoolChunk } from '../queue/spool/chunk.ts';
import type { Spool } from '../queue/spool/spool.ts';
import type { BrokerReport } from '../transport.ts';
import { toWire } from '../wire-error.ts';
import type { NotThere } from './not-there.ts';
import { OpenRange } from './open-range.ts';
import type { FailedAttempt, FromSpool, LeaseMessage, Poison, SpilledReport } from './protocol.ts';
import type { SpoolWords } from './spool-words.ts';

/** So many ranges are with the loop at once. */
const RANGES = 16;
/** What was delivered of a range that is not through is said so much later at the most: a crash in between sends it again. */
const HOLD_MS = 20;
/** How much is read from disk at a time: as much as a slot holds. */
const READ = { maxBytes: 64 * 1024, maxRecords: SLOT_RECORDS, spareBytes: SLOT_OVERHEAD };
const USUAL_BYTES = READ.maxBytes + READ.spareBytes;

/** What the feeder speaks through. */
export type FeederOutlets = Pick<FeederContext, 'offer' | 'post' | 'emptied'>;

export interface FeederContext {
  readonly spool: Spool;
  readonly words: SpoolWords;
  /** By the spool's numbers. */
  readonly notThere: NotThere;
  /** What is on disk alone. */
  readonly backlog: readonly NumberRun[];
  readonly directRanges: number;
  offer(leases: readonly LeaseMessage[]): void;
  post(message: FromSpool): void;
  /** Nothing is left to feed. */
  emptied(): void;
}

export class SpoolFeeder {
  readonly #context: FeederContext;
  readonly #backlog: NumberRuns;
  /** Ranges that the loop has. */
  readonly #open = new Map<number, OpenRange>();
  /** Memory of ranges that were read, by id; that of those that are through is used again. */
  readonly #lent = new Map<number, SharedArrayBuffer>();
  readonly #free: SharedArrayBuffer[] = [];
  /** Went through in this turn of the event loop. */
  #through: [id: number, range: OpenRange][] = [];
  #reports: SpilledReport[] = [];
  /** Runs when something was delivered of ranges that are not through. */
  #hold: NodeJS.Timeout | undefined;
  #lastId = 0;
  #flushing = false;
  /** feeding: leases come and go · stopped: nothing is read, settlements still come · closed: the files are not ours. */
  #phase: 'feeding' | 'stopped' | 'closed' = 'feeding';
  /** Why nothing is taken: leases that were on their way when a write failed must not overtake those given back. */
  #stuck: Error | undefined;

  constructor(context: FeederContext) {
    this.#context = context;
    this.#backlog = new NumberRuns(context.backlog);
  }

  /** Whether everything that came in is with the loop. */
  get isEmpty(): boolean {
    return this.#backlog.isEmpty;
  }

  /** Writes what is new of them, then hands them on or gives their memory back. */
  receive(leases: readonly LeaseMessage[]): void {
    const direct: LeaseMessage[] = [];
    const spilled: number[] = [];
    for (const [index, lease] of leases.entries()) {
      this.#stuck ??= this.#write(lease);
      if (this.#stuck !== undefined) {
        this.#unstored(leases.slice(index), this.#stuck);
        break;
      }
      if (this.#goesStraightOn(lease)) direct.push(this.#opened(lease));
      else spilled.push(this.#spill(lease));
    }
    if (spilled.length > 0) this.#context.post({ type: 'spilled', leases: spilled });
    if (direct.length > 0) this.#context.offer(direct);
    this.feed();
  }

  /** A replacement gets leases again that are in the spool by now. */
  #write({ shared, from, count, sequence }: LeaseMessage): Error | undefined {
    const { spool, words } = this.#context;
    const skipped = Math.max(0, words.written - sequence);
    if (skipped >= count) return undefined;
    const { records, offsets } = new SlotMemory(shared);
    try {
      spool.append(records.bytes, offsets.subarray(from + skipped, from + count), words.base + sequence + skipped);
    } catch (error) {
      return asError(error);
    }
    words.written = sequence + count;
    return undefined;
  }

  #unstored(leases: readonly LeaseMessage[], error: Error): void {
    this.#context.post({ type: 'unstored', leases: leases.map(({ id }) => id), error: toWire(error) });
  }

  /** Writing may be tried again. */
  resume(): void {
    this.#stuck = undefined;
  }

  #goesStraightOn({ sequence }: LeaseMessage): boolean {
    const { first } = this.#backlog;
    return first === undefined ? this.#open.size < this.#context.directRanges : sequence < first;
  }

  #opened(lease: LeaseMessage): LeaseMessage {
    this.#open.set(lease.id, new OpenRange(lease.sequence, lease.count));
    return lease;
  }

  #spill({ id, sequence, count }: LeaseMessage): number {
    this.#backlog.add([sequence, sequence + count - 1]);
    return id;
  }

  /** Reads from disk what the loop has room for. */
  feed(): void {
    while (this.#phase === 'feeding' && this.#open.size < RANGES) {
      const lease = this.#read();
      if (lease === undefined) return;
      this.#context.offer([this.#opened(lease)]);
    }
  }

  #read(): LeaseMessage | undefined {
    const { spool, words } = this.#context;
    const wanted = this.#backlog.all[0];
    if (wanted === undefined) return undefined;
    const chunk = spool.read(words.base + wanted[0], { ...READ, into: this.#free.at(-1) });
    const first = chunk === undefined ? wanted[1] + 1 : chunk.first - words.base;
    if (first > wanted[0]) this.#missing([wanted[0], Math.min(first - 1, wanted[1])]);
    if (chunk === undefined || first > wanted[1]) return this.#read();
    const count = Math.min(chunk.offsets.length, wanted[1] - first + 1);
    this.#backlog.delete([first, first + count - 1]);
    return { id: --this.#lastId, shared: this.#lend(chunk), from: 0, count, sequence: first };
  }

  /** See {@link Spool.idOf}. */
  idOf(sequence: number): string | undefined {
    const { spool, words } = this.#context;
    return spool.idOf(words.base + sequence);
  }

  /** What was read, laid out as the loop knows it. */
  #lend({ memory, offsets }: SpoolChunk): SharedArrayBuffer {
    const slot = new SlotMemory(memory.buffer as SharedArrayBuffer);
    if (slot.shared === this.#free.at(-1)) this.#free.pop();
    slot.offsets.set(offsets);
    slot.outcomes.fill(OUTCOME.none);
    this.#lent.set(this.#lastId, slot.shared);
    return slot.shared;
  }

  #giveBack(id: number): void {
    const memory = this.#lent.get(id);
    this.#lent.delete(id);
    if (memory?.byteLength === USUAL_BYTES) this.#free.push(memory);
  }

  /** A message that kills its workers is read, and not attempted. */
  giveUp({ sequence, attempts }: Poison): void {
    const { spool, words, post } = this.#context;
    const chunk = spool.read(words.base + sequence, { maxBytes: 0, maxRecords: 1 });
    if (chunk?.first === words.base + sequence) {
      this.#backlog.delete([sequence, sequence]);
      post({ type: 'spilledCondemned', message: { sequence, record: chunk.memory.slice(), attempts } });
    } else this.#missing([sequence, sequence]);
  }

  /** The spool gives the message behind them instead. */
  #missing(run: NumberRun): void {
    const { notThere, words, post } = this.#context;
    const { base } = words;
    this.#backlog.delete(run);
    for (const [fate, [first, last]] of notThere.divide([base + run[0], base + run[1]])) {
      const messages = [[first - base, last - base] as const];
      if (fate === 'settled') post({ type: 'spilledDelivered', messages, reports: [] });
      else post({ type: fate, messages });
    }
  }

  delivered(range: LeasedRange, index: number, report?: BrokerReport): void {
    const open = this.#open.get(range.id);
    open?.delivered(range.sequence + index);
    if (range.id < 0 && range.reportWanted(index)) this.#reports.push(reportOf(range, index, report));
    this.#ended(range.id, open);
  }

  /** The message stays in the spool until whoever takes dead letters has it. */
  condemned({ range, index }: RecordRef, attempts: readonly FailedAttempt[]): void {
    const sequence = range.sequence + index;
    this.flush();
    if (range.id < 0) {
      const message = { sequence, record: range.record(index), attempts };
      this.#context.post({ type: 'spilledCondemned', message });
    }
    const open = this.#open.get(range.id);
    open?.condemned();
    this.#ended(range.id, open);
  }

  #ended(id: number, open: OpenRange | undefined): void {
    if (open?.isThrough) {
      this.#open.delete(id);
      this.#through.push([id, open]);
    }
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#sayThrough();
      this.feed();
      if (this.#backlog.isEmpty) this.#context.emptied();
    });
  }

  /** Ranges that are through are said at the end of the turn, the delivered ones of others a little later: they are many runs. */
  #sayThrough(): void {
    const through = this.#through;
    this.#through = [];
    this.#say(through);
    for (const [id] of through) this.#giveBack(id);
    if (this.#phase === 'feeding') this.#hold ??= setTimeout(() => this.flush(), HOLD_MS).unref();
  }

  /** Says what was delivered since the last time. */
  flush(): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    const some = [...this.#open].filter(([, range]) => range.hasUnsaid);
    const through = this.#through;
    this.#through = [];
    this.#say([...through, ...some]);
    for (const [id] of through) this.#giveBack(id);
  }

  #say(ranges: readonly [id: number, range: OpenRange][]): void {
    const messages: NumberRun[] = [];
    for (const [id, range] of ranges)
      for (const run of range.take()) {
        this.#settle(run);
        if (id < 0) messages.push(run);
      }
    const reports = this.#reports.splice(0);
    if (messages.length + reports.length > 0) this.#context.post({ type: 'spilledDelivered', messages, reports });
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

  /** Answers when everything that is written now is on disk. */
  async confirm(): Promise<void> {
    const { spool, words, post } = this.#context;
    const before = words.written;
    try {
      await spool.synced();
    } catch (error) {
      return post({ type: 'unconfirmed', before, error: toWire(error) });
    }
    words.synced = Math.max(words.synced, before);
    post({ type: 'stored', before });
  }

  /** Reads nothing any more, and puts everything that has come on disk, for good. */
  async sync(): Promise<void> {
    this.#phase = 'stopped';
    this.flush();
    await this.confirm();
  }

  async close(): Promise<void> {
    const { spool, post } = this.#context;
    this.flush();
    this.#phase = 'closed';
    await spool.close().catch((error) => {
      post({ type: 'spoolTrouble', level: 'warn', trouble: asError(error).message });
    });
  }
}

function reportOf(range: LeasedRange, index: number, report?: BrokerReport): SpilledReport {
  const { partition = -1, offset = -1, timestamp = -1 } = report ?? {};
  return { sequence: range.sequence + index, record: range.record(index), partition, offset, timestamp };
}
