/**
 * One round of attempts: takes batches in, makes requests of their messages, in order and as many at once as may be, and
 * says what became of each. It ends with the first failure that may pass, and then waits for what is under way.
 */

import { condemns } from '../../shared/classify-error.ts';
import { asError } from '../../shared/errors.ts';
import type { Batch } from '../../shared/transport.ts';
import { onAbort } from '../../shared/util/abort.ts';
import { SEPARATOR_BYTES } from './body.ts';
import type { Encoder, HttpRequest, Outgoing } from './encoder.ts';

export interface Limits {
  /** Of one request. */
  readonly maxMessages: number;
  /** Of the body of one request. */
  readonly maxBytes: number;
  /** How long a request that has room waits for more, in ms. */
  readonly lingerMs: number;
  /** Requests that are under way at once. */
  readonly maxInFlight: number;
}

export interface RunContext {
  readonly encoder: Pick<Encoder, 'outgoing' | 'request'>;
  readonly limits: Limits;
  /** By the id of its first message, of how many messages a request was made that may be made again. */
  readonly made: Map<string, number>;
  /** Delivers. @throws what the messages failed with, of which there are so many */
  exchange(request: HttpRequest, messages: number, signal: AbortSignal): Promise<void>;
}

/** What is under way when an attempt is given up may come to its end within this: the loop waits for it a little longer. */
const GRACE_MS = 4000;

/** How far a batch is. */
interface Cursor {
  readonly batch: Batch;
  next: number;
  /** Of its messages, taken and without an outcome. */
  open: number;
  readonly done: () => void;
}

interface Item extends Outgoing {
  readonly cursor: Cursor;
  readonly index: number;
}

const sizeOf = ({ body }: Item): number => (body?.length ?? 0) + SEPARATOR_BYTES;

export class Run {
  readonly signal: AbortSignal;
  readonly #context: RunContext;
  readonly #givenUp = new AbortController();
  #cursors: Cursor[] = [];
  /** What the next request will carry, and what did not fit into it. */
  #set: Item[] = [];
  #bytes = 0;
  #rest: Item | undefined;
  #inFlight = 0;
  #phase: 'running' | 'ended' = 'running';
  #linger: NodeJS.Timeout | undefined;
  #lingered = false;
  #pumping = false;

  /** `signal`: that of the batches' attempt. */
  constructor(context: RunContext, signal: AbortSignal) {
    this.#context = context;
    this.signal = signal;
    onAbort(signal, () => this.#aborted());
  }

  /** Resolves when nothing of the batch is under way and nothing of it will be. */
  add(batch: Batch): Promise<void> {
    return new Promise((done) => {
      this.#cursors.push({ batch, next: 0, open: 0, done });
      this.#pumpSoon();
    });
  }

  /** Batches are handed over one after the other: the request is made when all of them are here. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#phase === 'running' && this.#inFlight < this.#context.limits.maxInFlight) {
      const isFull = this.#fill();
      if (this.#set.length === 0 || (!isFull && this.#lingers())) break;
      void this.#send();
    }
    this.#release();
  }

  /** Adds to the set what there is. Returns whether it has all that it may have. */
  #fill(): boolean {
    while (!this.#hasMost) {
      const item = this.#take();
      if (item === undefined) return false;
      if (!this.#joins(item)) {
        this.#rest = item;
        return true;
      }
      this.#set.push(item);
      this.#bytes += sizeOf(item);
    }
    return true;
  }

  /** A request that is made again is the same one again: what has come since does not join it. */
  get #hasMost(): boolean {
    const [first] = this.#set;
    const { made, limits } = this.#context;
    return first !== undefined && this.#set.length >= (made.get(first.id) ?? limits.maxMessages);
  }

  /** Only what goes to the same place shares a request. */
  #joins(item: Item): boolean {
    const [first] = this.#set;
    if (first === undefined) return true;
    const alike = first.path === item.path && first.method === item.method && first.body !== null;
    return alike && this.#bytes + sizeOf(item) <= this.#context.limits.maxBytes;
  }

  /** The next message whose turn it is. One that cannot become a request fails at once. */
  #take(): Item | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) return rest;
    for (const cursor of this.#cursors) {
      while (cursor.next < cursor.batch.size) {
        const item = this.#encoded(cursor, cursor.next++);
        if (item !== undefined) return item;
      }
    }
    return undefined;
  }

  #encoded(cursor: Cursor, index: number): Item | undefined {
    const { batch } = cursor;
    if (batch.skip(index)) return undefined;
    try {
      const item = { ...this.#context.encoder.outgoing(batch.message(index)), cursor, index };
      cursor.open++;
      return item;
    } catch (error) {
      batch.failed(index, asError(error));
      return undefined;
    }
  }

  #lingers(): boolean {
    const { lingerMs } = this.#context.limits;
    if (lingerMs === 0 || this.#lingered) return false;
    this.#linger ??= setTimeout(() => {
      this.#lingered = true;
      this.#pump();
    }, lingerMs);
    return true;
  }

  async #send(): Promise<void> {
    const set = this.#set;
    this.#set = [];
    this.#bytes = 0;
    this.#stopLinger();
    this.#inFlight++;
    try {
      const request = this.#context.encoder.request(set);
      await this.#context.exchange(request, set.length, this.#givenUp.signal);
      this.#context.made.delete((set[0] as Item).id);
      for (const { cursor, index } of set) cursor.batch.delivered(index);
    } catch (error) {
      this.#failed(set, asError(error));
    }
    this.#inFlight--;
    for (const { cursor } of set) cursor.open--;
    this.#pump();
  }

  #stopLinger(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    this.#lingered = false;
  }

  /** What may pass is said of the oldest one: the others go again with it. */
  #failed(set: readonly Item[], error: Error): void {
    const scope = condemns(error);
    const [{ id }] = set as [Item];
    if (scope === undefined && set.length > 1) this.#context.made.set(id, set.length);
    else this.#context.made.delete(id);
    if (scope !== 'message') this.#end();
    const guilty = scope === undefined ? set.slice(0, 1) : set;
    for (const { cursor, index } of guilty) cursor.batch.failed(index, error);
  }

  #aborted(): void {
    this.#end();
    if (this.#inFlight > 0) setTimeout(() => this.#givenUp.abort(), GRACE_MS).unref();
    this.#release();
  }

  /** Nothing more is sent: what was gathered goes again. */
  #end(): void {
    this.#phase = 'ended';
    this.#stopLinger();
    const gathered = this.#rest === undefined ? this.#set : [...this.#set, this.#rest];
    for (const { cursor } of gathered) cursor.open--;
    this.#set = [];
    this.#rest = undefined;
  }

  /** Lets go of the batches of which nothing is left to do. */
  #release(): void {
    const isDone = ({ batch, next, open }: Cursor) => open === 0 && (this.#phase === 'ended' || next >= batch.size);
    const done = this.#cursors.filter(isDone);
    if (done.length === 0) return;
    this.#cursors = this.#cursors.filter((cursor) => !done.includes(cursor));
    for (const cursor of done) cursor.done();
  }
}
