/**
 * Walks through one segment, batch by batch, and resynchronizes at the next batch head after damage.
 *
 *     header │ head table records │ head table records │ ... │ seal
 *            └─ #position         └─ the next head follows at once, or is searched for if this one is damaged
 */

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

/** Minimum bytes of a record in a file, with its table entry. */
const SMALLEST_BYTES = TABLE_ENTRY_BYTES + RECORD_HEADER_BYTES;

/**
 * A run of sequence numbers of a segment that no batch holds. `skipped` means that they never were used. Otherwise the file
 * should hold them, so they are lost.
 */
export interface Hole {
  readonly first: number;
  readonly last: number;
  readonly skipped: boolean;
}

export class SegmentReader {
  readonly segment: Segment;
  readonly #window: FileWindow;
  readonly #hole: (hole: Hole) => void;
  /** Position in the file of the next head. `#expected` is the lowest sequence number that it may have. */
  #position = FILE_HEADER_BYTES;
  #expected: number;
  #batch: LoadedBatch | undefined;
  #batchAt = 0;
  #batchLength = 0;
  /** Whether the head of the current batch is damaged. Its content was then inferred from what surrounds it. */
  salvaged = false;

  constructor(segment: Segment, hole: (hole: Hole) => void) {
    this.segment = segment;
    this.#window = new FileWindow(segment.path);
    this.#hole = hole;
    this.#expected = segment.first;
  }

  /** The current batch. */
  get batch(): LoadedBatch | undefined {
    return this.#batch;
  }

  /** The sequence number after the last one seen. */
  get reached(): number {
    return this.#expected;
  }

  /** Whether `sequence` is in the current batch or after it. */
  canReach(sequence: number): boolean {
    return sequence >= (this.#batch?.first ?? this.#expected);
  }

  /** Returns the position in the file of the byte that is at `offset` of the memory with the current batch. */
  positionOf(offset: number): number {
    return this.#batchAt + offset - this.#window.load(this.#batchAt, this.#batchLength, this.segment.bytes);
  }

  /** Moves to the batch that holds `sequence`, or to the next one after it. Returns undefined at the segment's end. */
  seek(sequence: number): LoadedBatch | undefined {
    while (this.#batch === undefined || this.#batch.end <= sequence) if (!this.next()) return undefined;
    return this.#batch;
  }

  /**
   * Moves to the next batch. Returns false at the segment's end. `hint` is the sequence number at which the segment ends, as
   * far as the caller knows.
   * @throws SpoolError if the file cannot be read; the next call tries again from the same position
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

  /** Returns the head at `position` if it belongs here: it has the salt of this file and does not go back in sequence. */
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

  /** Whether a number from the next expected one to before `end` has not settled. All numbers that were skipped count as settled. */
  #isPending(end: number): boolean {
    return end > this.#expected && !this.segment.settled.unsettledRuns(this.#expected, end).next().done;
  }

  /** Handles a seal. It directly follows the last batch, so numbers that should have come before it are lost. */
  #sealedAt(end: number): void {
    if (end > this.#expected) this.#lose(end - this.#expected);
    this.#position = this.segment.bytes;
  }

  #take(head: Omit<FoundHead, 'bytes'>, length: number, salvaged: boolean): true {
    const at = this.#window.load(head.at, length, this.segment.bytes); // comes first, so that nothing has changed if it throws
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
   * Handles a damaged head. Its content follows from the position and sequence number of the next head. The CRCs of the records
   * show later whether that is right. Returns false if the batch held nothing.
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

  /** Finds the next head from `from` on that belongs here. */
  #search(from: number): FoundHead | undefined {
    for (const head of headsIn(this.#window, from, this.segment.bytes)) if (this.#fits(head)) return head;
    return undefined;
  }

  close(): void {
    this.#window.close();
  }
}
