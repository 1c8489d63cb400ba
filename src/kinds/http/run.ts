/**
 * One round of attempts. It takes batches, makes requests of their messages in order, and reports the outcome of each message. As
 * many requests run at once as the limits allow. The first transient failure ends the round, which then waits for the requests in
 * flight.
 */

import { condemns } from '../../shared/classify-error.ts';
import { asError } from '../../shared/errors.ts';
import type { Batch } from '../../shared/transport.ts';
import { onAbort } from '../../shared/util/abort.ts';
import { SEPARATOR_BYTES } from './body.ts';
import type { Encoder, HttpRequest, Outgoing } from './encoder.ts';

export interface Limits {
  readonly maxMessages: number;
  /** Maximum size of one request's body, in bytes. */
  readonly maxBytes: number;
  /** Time, in ms, for which a request that is not full waits for more messages. */
  readonly lingerMs: number;
  readonly maxInFlight: number;
}

export interface RunContext {
  readonly encoder: Pick<Encoder, 'packed' | 'outgoing' | 'request'>;
  readonly limits: Limits;
  /** Sizes, in messages, of the requests to retry, by the id of the first message. A retry has the same messages. */
  readonly made: Map<string, number>;
  /** Sends a request that carries this number of messages. @throws the error with which the messages failed */
  exchange(request: HttpRequest, messages: number, signal: AbortSignal): Promise<void>;
}

/** Time, in ms, for requests in flight after their attempt was aborted. The loop waits a little longer. */
const GRACE_MS = 4000;

interface Cursor {
  readonly batch: Batch;
  next: number;
  /** Number of its messages that were taken and have no outcome yet. */
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
  /** Messages of the next request. `#rest` is a message that did not fit into it. */
  #set: Item[] = [];
  #bytes = 0;
  #rest: Item | undefined;
  #inFlight = 0;
  #phase: 'running' | 'ended' = 'running';
  #linger: NodeJS.Timeout | undefined;
  #lingered = false;
  #pumping = false;

  /** `signal` is that of the attempt to which the batches belong. */
  constructor(context: RunContext, signal: AbortSignal) {
    this.#context = context;
    this.signal = signal;
    onAbort(signal, () => this.#aborted());
  }

  /** Resolves when no message of the batch is in flight and none of it will be sent. */
  add(batch: Batch): Promise<void> {
    return new Promise((done) => {
      this.#cursors.push({ batch, next: 0, open: 0, done });
      this.#pumpSoon();
    });
  }

  /** Sends in a microtask, because batches are added one after the other. A request can then carry messages of all of them. */
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

  /** Adds the available messages to the next request. Returns whether that request is full. */
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

  /** Whether the next request is full. A retried request keeps its messages, and no later message joins it. */
  get #hasMost(): boolean {
    const [first] = this.#set;
    const { made, limits } = this.#context;
    return first !== undefined && this.#set.length >= (made.get(first.id) ?? limits.maxMessages);
  }

  /** Whether a message can share the next request. It must have the same path and method, and fit into the body. */
  #joins(item: Item): boolean {
    const [first] = this.#set;
    if (first === undefined) return true;
    const alike = first.path === item.path && first.method === item.method && first.body !== null;
    return alike && this.#bytes + sizeOf(item) <= this.#context.limits.maxBytes;
  }

  /** Returns the next message that is to be attempted. A message that cannot become a request fails at once. */
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
      const { encoder } = this.#context;
      const outgoing = encoder.packed(batch, index) ?? encoder.outgoing(batch.message(index));
      const item = { ...outgoing, cursor, index };
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

  /** Reports a failed request. A transient error is reported for the oldest message only, and the others are retried with it. */
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

  /** Ends the round without sending the gathered messages, which are retried. */
  #end(): void {
    this.#phase = 'ended';
    this.#stopLinger();
    const gathered = this.#rest === undefined ? this.#set : [...this.#set, this.#rest];
    for (const { cursor } of gathered) cursor.open--;
    this.#set = [];
    this.#rest = undefined;
  }

  /** Resolves the batches that have nothing left to do. */
  #release(): void {
    const isDone = ({ batch, next, open }: Cursor) => open === 0 && (this.#phase === 'ended' || next >= batch.size);
    const done = this.#cursors.filter(isDone);
    if (done.length === 0) return;
    this.#cursors = this.#cursors.filter((cursor) => !done.includes(cursor));
    for (const cursor of done) cursor.done();
  }
}
