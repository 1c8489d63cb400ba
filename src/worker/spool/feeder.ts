/**
 * Feeds the delivery loop of a producer that has a spool. Runs in the worker thread, between the leases that come in and the
 * loop. Every message is written to disk before its first attempt.
 *
 * A written lease waits for the loop in its slot and is never read back, unless the caller's side needs the memory
 * (`makeRoom`). From then on its messages are on disk only, and are read when the loop has capacity.
 *
 *     caller's side ──leases──► LeaseWriter ──► waiting (in slots) ─────────────────► delivery loop
 *                                    │              │ makeRoom                              ▲
 *                                    ▼              ▼                                       │
 *                               segment files    backlog (runs of numbers) ──► Spool.read ──┘
 *
 * Feeds messages by sequence number. Messages that wait in memory are newer than those on disk only, except leases that a
 * crashed worker held.
 */

import { asError } from '../../shared/errors.ts';
import type { FailedMessage, LeaseMessage } from '../../shared/protocol.ts';
import { type NumberRun, NumberRuns, runFrom } from '../../shared/sequence-ranges.ts';
import type { SpoolWords } from '../../shared/spool-progress.ts';
import { toWire } from '../../shared/wire-error.ts';
import type { SpoolChunk } from '../../spool/segments/chunk.ts';
import type { Spool } from '../../spool/spool.ts';
import type { Deliveries, Post } from '../deliveries.ts';
import { LeaseWriter } from './lease-writer.ts';
import type { NotThere } from './missing-ranges.ts';
import { SpoolOutcomes } from './outcomes.ts';
import { LentMemory } from './read-buffers.ts';
import { ReadPause } from './read-pause.ts';

/** Maximum number of ranges with the loop at once: without those that others have overtaken, and with them. */
const RANGES = 16;
const MOST_RANGES = 512;
/**
 * With more ranges than this at the loop, the feeder reads at most once in `REST_MS`, so that more messages come with each
 * read. Each range takes the memory of a slot, however few messages it has.
 */
const CROWDED = 64;
const REST_MS = 250;

/** The callbacks through which the feeder reaches the loop and the caller's side. */
export type FeederOutlets = Pick<FeederContext, 'offer' | 'post' | 'deliveries' | 'emptied'>;

export interface FeederContext {
  readonly spool: Spool;
  readonly words: SpoolWords;
  /** Uses the spool's sequence numbers, not those of this run. */
  readonly notThere: NotThere;
  /** Messages on disk only. */
  readonly backlog: readonly NumberRun[];
  readonly directRanges: number;
  /** See {@link SpoolFeeder.readBefore}. */
  readonly readBefore: number;
  offer(leases: readonly LeaseMessage[]): void;
  readonly post: Post;
  readonly deliveries: Deliveries;
  /** Called when nothing is left to feed. */
  emptied(): void;
}

export class SpoolFeeder {
  readonly #context: FeederContext;
  readonly #writer: LeaseWriter;
  /** The outcomes of the messages that the loop has. */
  readonly outcomes: SpoolOutcomes;
  readonly #memory = new LentMemory();
  readonly #backlog: NumberRuns;
  /** Leases that are on disk and wait in memory for the loop. */
  #waiting: LeaseMessage[] = [];
  #readBefore: number;
  #ended = false;
  /** Pauses reading after the system refused a read. */
  readonly #pause = new ReadPause();
  #readAt = 0;
  #rest: NodeJS.Timeout | undefined;
  /** Messages that killed their workers and have not been read yet. */
  readonly #poison: FailedMessage[] = [];

  constructor(context: FeederContext) {
    this.#context = context;
    this.#readBefore = context.readBefore;
    this.#writer = new LeaseWriter(context);
    this.#backlog = new NumberRuns(context.backlog);
    this.outcomes = new SpoolOutcomes({
      ...context,
      through: (sequence) => this.#memory.giveBack(sequence),
      said: () => this.feed(),
    });
  }

  /** Whether the loop has got everything that came in, and no leases are with the caller after a failed write. */
  get isEmpty(): boolean {
    return this.#backlog.isEmpty && this.#waiting.length === 0 && !this.#writer.isStuck;
  }

  /** Writes the leases that are not in the spool yet, and queues them for the loop. */
  receive(leases: readonly LeaseMessage[]): void {
    this.#waiting.push(...this.#writer.write(leases));
    this.feed();
  }

  /** Allows writing again after a failure. Leases that were returned to the caller and withdrawn there meanwhile do not come again. */
  resume(): void {
    const wasEmpty = this.isEmpty;
    this.#writer.resume();
    if (this.isEmpty && !wasEmpty) this.#context.emptied();
  }

  /**
   * Allows messages on disk only that are below `sequence` to be fed. Leases of a crashed worker below it have all arrived
   * again, so the order is kept.
   */
  readBefore(sequence: number): void {
    this.#readBefore = sequence;
    this.feed();
  }

  /** Gives up the memory of waiting leases. Their messages are on disk only from now on. */
  makeRoom(): void {
    if (this.#freeMemory()) this.feed();
  }

  #freeMemory(): boolean {
    const leases = this.#waiting.splice(0).map(({ sequence, count }) => runFrom(sequence, count));
    if (leases.length === 0) return false;
    for (const run of leases) this.#backlog.add(run);
    this.#context.post({ type: 'onDiskOnly', leases });
    return true;
  }

  /** Gives the loop as many ranges as it has capacity for. */
  feed(): void {
    const wasEmpty = this.isEmpty;
    const leases: LeaseMessage[] = [];
    for (let lease = this.#next(); lease !== undefined; lease = this.#next()) leases.push(this.outcomes.opened(lease));
    if (leases.length > 0) this.#context.offer(leases);
    if (this.isEmpty && !wasEmpty) this.#context.emptied();
  }

  #next(): LeaseMessage | undefined {
    const { open, credits } = this.outcomes;
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
        this.#freeMemory(); // overtaken ranges keep their memory, so the waiting ones must do without
        continue;
      }
      if (oldest === undefined || oldest[0] >= this.#readBefore || this.#rests(open)) return undefined;
      const lease = this.#tryToRead(() => this.#read(oldest));
      if (lease !== undefined) return lease;
    }
    return undefined;
  }

  /** Whether reading pauses because the loop has many ranges. A timer then resumes it. */
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

  /** Runs `read`. Messages that the system refuses to read still exist. They are read again later, and all messages behind them wait. */
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

  /** Reads the first messages of a run. Returns undefined if they are missing, and then drops them from the run. */
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
    this.#backlog.delete(runFrom(first, count));
    return { shared: this.#memory.lend(first, chunk), from: 0, count, sequence: first, isOnDiskOnly: true };
  }

  /** See {@link Spool.idOf}. */
  idOf(sequence: number): string | undefined {
    const { spool, words } = this.#context;
    return spool.idOf(words.base + sequence);
  }

  /** Reports a message that killed its workers as permanently failed. It is read from the spool and not attempted. */
  giveUp(poison: FailedMessage): void {
    this.#poison.push(poison);
  }

  #readPoison(): void {
    const { spool, words, post } = this.#context;
    const [{ sequence, attempts }] = this.#poison as [FailedMessage];
    const chunk = spool.read(words.base + sequence, { maxBytes: 0, maxRecords: 1 });
    this.#poison.shift();
    if (chunk?.first === words.base + sequence) {
      this.#backlog.delete([sequence, sequence]);
      const id = this.idOf(sequence);
      const record = chunk.memory.slice();
      post({ type: 'permanentlyFailed', sequence, ...(id !== undefined && { id }), record, attempts });
    } else this.#missing([sequence, sequence]);
  }

  /** Drops and reports the missing messages of a run. `Spool.read` skips them and returns later ones. */
  #missing(run: NumberRun): void {
    const { notThere, words, post } = this.#context;
    const { base } = words;
    this.#backlog.delete(run);
    for (const [fate, [first, last]] of notThere.divide([base + run[0], base + run[1]])) {
      const messages = [[first - base, last - base] as const];
      if (fate === 'settled') post({ type: 'delivered', ranges: messages, reports: [] });
      else post({ type: fate, messages });
    }
  }

  /** Replies to the caller's side when everything written so far is synced, or could not be. */
  async confirm(): Promise<void> {
    const { spool, words, post } = this.#context;
    const before = words.written;
    try {
      await spool.synced();
    } catch (error) {
      // The failed sync has reported this already. Callers that asked to confirm since then learn it from this message.
      return post({ type: 'unconfirmed', before, error: toWire(error) });
    }
    words.synced = Math.max(words.synced, before);
    post({ type: 'stored', before });
  }

  /** Stops reading for good, and syncs everything that has come. */
  async sync(): Promise<void> {
    this.#ended = true;
    this.#pause.stop();
    this.outcomes.hurry();
    await this.confirm();
  }

  async close(): Promise<void> {
    const { spool, post } = this.#context;
    this.#ended = true;
    this.#pause.stop();
    this.outcomes.close();
    await spool.close().catch((error) => {
      post({ type: 'spoolTrouble', level: 'warn', trouble: asError(error).message });
    });
  }
}
