/**
 * Tracks lines in flight, in order: how many, how large, and up to which one all are safe.
 *
 *    entries   safe  safe | open  safe  open
 *                         ^ front: `safeThrough` is the mark of the entry before it
 */

import { type Deferred, deferred } from '../shared/util/deferred.ts';

export interface InFlightBounds {
  readonly maxLines: number;
  readonly maxBytes: number;
}

/** A line in flight. `mark` is the position in the input after it. */
interface Entry<Mark> {
  readonly mark: Mark;
  readonly bytes: number;
  isSafe: boolean;
}

/** Safe entries at the front are removed together, once they are this many and half of all. The cost for each stays small. */
const CUT_AT = 1024;

export class InFlight<Mark> {
  readonly #bounds: InFlightBounds;
  #entries: Entry<Mark>[] = [];
  /** Index of the oldest entry that is not safe. */
  #front = 0;
  #open = 0;
  #bytes = 0;
  #safeThrough: Mark | undefined;
  #roomWanted: Deferred<void> | undefined;
  #emptyWanted: Deferred<void> | undefined;

  constructor(bounds: InFlightBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#open;
  }

  /** Mark of the last line up to which all are safe. */
  get safeThrough(): Mark | undefined {
    return this.#safeThrough;
  }

  get hasRoom(): boolean {
    return this.#open < this.#bounds.maxLines && this.#bytes < this.#bounds.maxBytes;
  }

  async room(): Promise<void> {
    while (!this.hasRoom) {
      this.#roomWanted ??= deferred();
      await this.#roomWanted.promise;
    }
  }

  async empty(): Promise<void> {
    while (this.#open > 0) {
      this.#emptyWanted ??= deferred();
      await this.#emptyWanted.promise;
    }
  }

  /** Adds a line. The returned function is called once it is safe, or would have to be read again. */
  add(mark: Mark, bytes: number): (isSafe: boolean) => void {
    const entry = { mark, bytes, isSafe: false };
    this.#entries.push(entry);
    this.#open++;
    this.#bytes += bytes;
    return (isSafe) => this.#end(entry, isSafe);
  }

  #end(entry: Entry<Mark>, isSafe: boolean): void {
    entry.isSafe = isSafe;
    this.#open--;
    this.#bytes -= entry.bytes;
    this.#advance();
    if (this.hasRoom) this.#roomWanted = released(this.#roomWanted);
    if (this.#open === 0) this.#emptyWanted = released(this.#emptyWanted);
  }

  #advance(): void {
    for (let entry = this.#entries[this.#front]; entry?.isSafe; entry = this.#entries[++this.#front])
      this.#safeThrough = entry.mark;
    if (this.#front < Math.max(CUT_AT, this.#entries.length / 2)) return;
    this.#entries = this.#entries.slice(this.#front);
    this.#front = 0;
  }
}

function released(wanted: Deferred<void> | undefined): undefined {
  wanted?.resolve();
}
