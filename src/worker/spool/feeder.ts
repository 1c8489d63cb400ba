/**
 * Stands between the leases that come in and the delivery loop where a producer has a spool: everything is written before
 * its first attempt. What is written waits for the loop in its memory, and is never read back, as long as the caller's side
 * can do without that memory; when it asks for it (`makeRoom`), what waits is on disk alone, and is read when the loop has
 * room.
 *
 * Order: by number. What waits in memory is newer than what is on disk alone, but for leases that a dead worker had.
 */

import { asError } from '../../shared/errors.ts';
import type { FailedAttempt, FromSpool, LeaseMessage, Poison } from '../../shared/protocol.ts';
import { type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';
import type { SpoolWords } from '../../shared/spool-progress.ts';
import type { BrokerReport } from '../../shared/transport.ts';
import { toWire } from '../../shared/wire-error.ts';
import type { SpoolChunk } from '../../spool/segments/chunk.ts';
import type { Spool } from '../../spool/spool.ts';
import type { LeasedRange, RecordRef } from '../delivery/leased-range.ts';
import { LeaseWriter } from './lease-writer.ts';
import type { NotThere } from './missing-ranges.ts';
import { SpoolOutcomes } from './outcomes.ts';
import { LentMemory } from './read-buffers.ts';
import { ReadPause } from './read-pause.ts';

/** So many ranges are with the loop at once, but for those that were overtaken; and so many with these. */
const RANGES = 16;
const MOST_RANGES = 512;
/** With more of them than this, reading waits until there is more to read: each range takes the memory of a slot. */
const CROWDED = 64;
const REST_MS = 250;

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
  /** See {@link SpoolFeeder.readBefore}. */
  readonly readBefore: number;
  offer(leases: readonly LeaseMessage[]): void;
  post(message: FromSpool): void;
  /** Nothing is left to feed. */
  emptied(): void;
}

export class SpoolFeeder {
  readonly #context: FeederContext;
  readonly #writer: LeaseWriter;
  readonly #outcomes: SpoolOutcomes;
  readonly #memory = new LentMemory();
  readonly #backlog: NumberRuns;
  /** Written, waiting in memory. */
  #waiting: LeaseMessage[] = [];
  #lastId = 0;
  #readBefore: number;
  #ended = false;
  /** Before the spool is read again, after it could not be. */
  readonly #pause = new ReadPause();
  #readAt = 0;
  #rest: NodeJS.Timeout | undefined;
  /** Messages that killed their workers, and that could not be read yet. */
  readonly #poison: Poison[] = [];

  constructor(context: FeederContext) {
    this.#context = context;
    this.#readBefore = context.readBefore;
    this.#writer = new LeaseWriter(context);
    this.#backlog = new NumberRuns(context.backlog);
    this.#outcomes = new SpoolOutcomes({
      ...context,
      through: (id) => this.#memory.giveBack(id),
      said: () => this.feed(),
    });
  }

  /** Whether everything that came in is with the loop, and nothing was given back for a while. */
  get isEmpty(): boolean {
    return this.#backlog.isEmpty && this.#waiting.length === 0 && !this.#writer.isStuck;
  }

  /** Writes what is new of them. */
  receive(leases: readonly LeaseMessage[]): void {
    this.#waiting.push(...this.#writer.write(leases));
    this.feed();
  }

  /** Writing may be tried again. What was given back does not come again where it was withdrawn meanwhile. */
  resume(): void {
    const wasEmpty = this.isEmpty;
    this.#writer.resume();
    if (this.isEmpty && !wasEmpty) this.#context.emptied();
  }

  /** What a dead worker had of the messages below has come: so far goes what is on disk alone. */
  readBefore(sequence: number): void {
    this.#readBefore = sequence;
    this.feed();
  }

  /** What waits in memory is on disk alone from now on. */
  makeRoom(): void {
    if (this.#spill()) this.feed();
  }

  #spill(): boolean {
    const leases = this.#waiting.splice(0);
    if (leases.length === 0) return false;
    for (const { sequence, count } of leases) this.#backlog.add([sequence, sequence + count - 1]);
    this.#context.post({ type: 'spilled', leases: leases.map(({ id }) => id) });
    return true;
  }

  /** Gives the loop what it has room for. */
  feed(): void {
    const wasEmpty = this.isEmpty;
    const leases: LeaseMessage[] = [];
    for (let lease = this.#next(); lease !== undefined; lease = this.#next()) leases.push(this.#outcomes.opened(lease));
    if (leases.length > 0) this.#context.offer(leases);
    if (this.isEmpty && !wasEmpty) this.#context.emptied();
  }

  #next(): LeaseMessage | undefined {
    const { open, credits } = this.#outcomes;
    while (!this.#ended && !this.#pause.isOn && credits < RANGES && open < MOST_RANGES) {
      if (this.#poison.length > 0) {
        this.#tryToRead(() => this.#readPoison());
        continue;
      }
      const [oldest] = this.#backlog.all;
      const [waiting] = this.#waiting;
      if (waiting !== undefined && (oldest === undefined || waiting.sequence < oldest[0])) {
        if (open < this.#context.directRanges) return this.#waiting.shift();
        if (credits >= this.#context.directRanges) return undefined;
        this.#spill(); // what was overtaken keeps its memory: what waits does without
        continue;
      }
      if (oldest === undefined || oldest[0] >= this.#readBefore || this.#rests(open)) return undefined;
      const lease = this.#tryToRead(() => this.#read(oldest));
      if (lease !== undefined) return lease;
    }
    return undefined;
  }

  /** Whether reading waits; then it goes on by itself. */
  #rests(open: number): boolean {
    const leftMs = open > CROWDED ? this.#readAt + REST_MS - performance.now() : 0;
    if (leftMs > 0) this.#rest ??= setTimeout(() => this.#goOn(), leftMs).unref();
    else this.#readAt = performance.now();
    return leftMs > 0;
  }

  #goOn(): void {
    this.#rest = undefined;
    this.feed();
  }

  /** What the system refuses to read is there all the same: it is read again later, and all that follows waits. */
  #tryToRead<T>(read: () => T): T | undefined {
    try {
      const result = read();
      this.#pause.passed();
      return result;
    } catch (error) {
      this.#context.post({ type: 'spoolTrouble', level: 'warn', trouble: asError(error).message });
      this.#pause.begin(() => this.feed());
      return undefined;
    }
  }

  /** Undefined where the first of the run are not there; then it begins behind them now. */
  #read([first, last]: NumberRun): LeaseMessage | undefined {
    const { spool, words } = this.#context;
    const chunk = spool.read(words.base + first, this.#memory.limits);
    const found = chunk === undefined ? last + 1 : chunk.first - words.base;
    if (chunk !== undefined && found === first) return this.#asLease(chunk, [first, last]);
    this.#missing([first, Math.min(found - 1, last)]);
    return undefined;
  }

  #asLease(chunk: SpoolChunk, [first, last]: NumberRun): LeaseMessage {
    const count = Math.min(chunk.offsets.length, last - first + 1);
    this.#backlog.delete([first, first + count - 1]);
    const id = --this.#lastId;
    return { id, shared: this.#memory.lend(id, chunk), from: 0, count, sequence: first };
  }

  /** See {@link Spool.idOf}. */
  idOf(sequence: number): string | undefined {
    const { spool, words } = this.#context;
    return spool.idOf(words.base + sequence);
  }

  /** A message that kills its workers is read, and not attempted. */
  giveUp(poison: Poison): void {
    this.#poison.push(poison);
  }

  #readPoison(): void {
    const { spool, words, post } = this.#context;
    const [{ sequence, attempts }] = this.#poison as [Poison];
    const chunk = spool.read(words.base + sequence, { maxBytes: 0, maxRecords: 1 });
    this.#poison.shift();
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
    this.#outcomes.delivered(range, index, report);
  }

  condemned(ref: RecordRef, attempts: readonly FailedAttempt[]): void {
    this.#outcomes.condemned(ref, attempts);
  }

  /** The caller's side has settled these. */
  settled(runs: readonly NumberRun[]): void {
    this.#outcomes.settled(runs);
  }

  /** Answers when everything that is written now is on disk. */
  async confirm(): Promise<void> {
    const { spool, words, post } = this.#context;
    const before = words.written;
    try {
      await spool.synced();
    } catch (error) {
      // Said already by the sync that failed; whoever has come since hears of it now.
      return post({ type: 'unconfirmed', before, error: toWire(error) });
    }
    words.synced = Math.max(words.synced, before);
    post({ type: 'stored', before });
  }

  /** Reads nothing any more, and puts everything that has come on disk, for good. */
  async sync(): Promise<void> {
    this.#ended = true;
    this.#pause.stop();
    this.#outcomes.hurry();
    await this.confirm();
  }

  async close(): Promise<void> {
    const { spool, post } = this.#context;
    this.#ended = true;
    this.#pause.stop();
    this.#outcomes.close();
    await spool.close().catch((error) => {
      post({ type: 'spoolTrouble', level: 'warn', trouble: asError(error).message });
    });
  }
}
