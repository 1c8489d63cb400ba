/** Walks through one segment, batch by batch, and finds its way again behind what is damaged. */

import { RECORD_HEADER_BYTES } from '../../shared/memory/record.ts';
import {
  BATCH_HEAD_BYTES,
  type BatchHead,
  batchBytes,
  FILE_HEADER_BYTES,
  readBatchHead,
  TABLE_ENTRY_BYTES,
} from '../format.ts';
import { FileWindow } from './file-window.ts';
import { type FoundHead, headsIn } from './head-search.ts';
import { LoadedBatch } from './loaded-batch.ts';
import type { Segment } from './segment.ts';

/** What a record takes at the least. */
const SMALLEST_BYTES = TABLE_ENTRY_BYTES + RECORD_HEADER_BYTES;

/** Numbers of a segment that no batch holds. `skipped`: never were there. Otherwise the file should have had them. */
export interface Hole {
  readonly first: number;
  readonly last: number;
  readonly skipped: boolean;
}

export class SegmentReader {
  readonly segment: Segment;
  readonly #window: FileWindow;
  readonly #hole: (hole: Hole) => void;
  /** Where the next head should be, and the first number that it may have. */
  #position = FILE_HEADER_BYTES;
  #expected: number;
  #batch: LoadedBatch | undefined;
  #batchAt = 0;
  #batchLength = 0;
  /** Whether the head of the batch at hand is damaged, and what it said follows from what is around it. */
  salvaged = false;

  constructor(segment: Segment, hole: (hole: Hole) => void) {
    this.segment = segment;
    this.#window = new FileWindow(segment.path);
    this.#hole = hole;
    this.#expected = segment.first;
  }

  /** The batch at hand. */
  get batch(): LoadedBatch | undefined {
    return this.#batch;
  }

  /** Behind the last number seen. */
  get reached(): number {
    return this.#expected;
  }

  /** Whether `sequence` is still to come, or in the batch at hand. */
  canReach(sequence: number): boolean {
    return sequence >= (this.#batch?.first ?? this.#expected);
  }

  /** Where in the file byte `offset` of the batch at hand is. */
  positionOf(offset: number): number {
    return this.#batchAt + offset - this.#window.load(this.#batchAt, this.#batchLength, this.segment.bytes);
  }

  /** Goes to the batch that holds `sequence`, or the next one behind it. Undefined at the segment's end. */
  seek(sequence: number): LoadedBatch | undefined {
    while (this.#batch === undefined || this.#batch.end <= sequence) if (!this.next()) return undefined;
    return this.#batch;
  }

  /**
   * Goes to the next batch. False at the segment's end. `hint`: where that is, for all that is known.
   * @throws SpoolError where the file cannot be read; the next call tries it again from there
   */
  next(hint = this.segment.end): boolean {
    const { segment } = this;
    this.#batch = undefined;
    while (this.#position < segment.bytes && this.#expected < segment.end) {
      const head = this.#headAt(this.#position);
      if (head === undefined) {
        if (this.#salvage(hint)) return true;
      } else if (head.count > 0) return this.#take(head, batchBytes(head), false);
      else this.#sealedAt(head.first);
    }
    if (this.#expected < segment.end) this.#lose(segment.end - this.#expected);
    return false;
  }

  /** A head that belongs here: of this file, and behind what was read. */
  #headAt(position: number): FoundHead | undefined {
    const at = this.#window.load(position, BATCH_HEAD_BYTES, this.segment.bytes);
    const head = readBatchHead(this.#window.bytes, at);
    return head !== undefined && this.#fits(head) ? { ...head, at: position } : undefined;
  }

  #fits({ salt, first }: BatchHead): boolean {
    return salt === this.segment.salt && first >= this.#expected && first <= this.segment.end;
  }

  #skipTo(first: number, position: number): void {
    const known = Math.min(first, this.segment.knownBefore);
    if (this.#isPending(known)) this.#lose(known - this.#expected);
    if (first > this.#expected) this.#hole({ first: this.#expected, last: first - 1, skipped: true });
    this.#expected = first;
    this.#position = position;
  }

  /** Whether one of those from the next expected one to before `end` has not settled, as all that are left out have. */
  #isPending(end: number): boolean {
    return end > this.#expected && !this.segment.settled.unsettledRuns(this.#expected, end).next().done;
  }

  /** A seal follows the last batch at once: what should have come before it is not there. */
  #sealedAt(end: number): void {
    if (end > this.#expected) this.#lose(end - this.#expected);
    this.#position = this.segment.bytes;
  }

  #take(head: Omit<FoundHead, 'bytes'>, length: number, salvaged: boolean): true {
    const at = this.#window.load(head.at, length, this.segment.bytes); // first: where it throws, nothing has changed
    this.salvaged = salvaged;
    this.#skipTo(head.first, head.at + length);
    const memory = { bytes: this.#window.bytes, words: this.#window.words };
    this.#batch = new LoadedBatch(memory, { ...head, at, end: at + length });
    this.#batchAt = head.at;
    this.#batchLength = length;
    this.#expected = this.#batch.end;
    return true;
  }

  /**
   * A damaged head: what it said follows from where the next one is. Whether that is true, the CRCs of the records tell.
   * False where it held nothing.
   */
  #salvage(hint: number): boolean {
    const { salt, bytes } = this.segment;
    const at = this.#position;
    const next = this.#search(at + 8);
    const end = next?.at ?? bytes;
    const count = (next?.first ?? hint) - this.#expected;
    if (count > 0 && count * SMALLEST_BYTES <= end - at)
      return this.#take({ salt, first: this.#expected, count, at }, end - at, true);
    if (count > 0) this.#lose(count);
    this.#position = end;
    return false;
  }

  #lose(count: number): void {
    this.#hole({ first: this.#expected, last: this.#expected + count - 1, skipped: false });
    this.#expected += count;
  }

  /** The next head from `from` on. */
  #search(from: number): FoundHead | undefined {
    for (const head of headsIn(this.#window, from, this.segment.bytes)) if (this.#fits(head)) return head;
    return undefined;
  }

  close(): void {
    this.#window.close();
  }
}
