/** Reads the messages that have not settled, in order, and reports those that are missing. */

import { refusalOf } from '../files.ts';
import { ChunkBuilder, type ChunkLimits, type SpoolChunk } from './chunk.ts';
import type { LoadedBatch } from './loaded-batch.ts';
import { indexOfSegment, type Segment } from './segment.ts';
import { type Hole, SegmentReader } from './segment-reader.ts';

/** A run of sequence numbers of one segment that cannot be read. `skipped` means that they never were used. */
export interface Unreadable extends Hole {
  readonly segment: Segment;
  readonly what: string;
}

export class SpoolReader {
  readonly #segments: readonly Segment[];
  /** Called for a run that cannot be read. It must settle the run, because reading goes on after what has settled. */
  readonly #unreadable: (run: Unreadable) => void;
  readonly #builder = new ChunkBuilder();
  #reader: SegmentReader | undefined;

  constructor(segments: readonly Segment[], unreadable: (run: Unreadable) => void) {
    this.#segments = segments;
    this.#unreadable = unreadable;
  }

  /**
   * Reads the next records that have not settled, from sequence number `from` on.
   * @throws SpoolError if a file cannot be read; nothing is lost by that, and the next call opens the file anew
   */
  read(from: number, limits: ChunkLimits): SpoolChunk | undefined {
    try {
      return this.#read(from, limits);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #read(from: number, limits: ChunkLimits): SpoolChunk | undefined {
    let tried = -1;
    for (let place = this.#nextPending(from); place !== undefined; place = this.#nextPending(from)) {
      // A broken file must not cause an endless loop. If the same number comes twice without a result, it is reported as lost.
      if (place.sequence === tried) this.#lose(place.segment, { first: tried, last: tried, skipped: false });
      tried = place.sequence;
      const chunk = this.#readAt(place, limits);
      if (chunk !== undefined) return chunk;
    }
    this.close();
    return undefined;
  }

  #nextPending(from: number): { segment: Segment; sequence: number } | undefined {
    const { length } = this.#segments;
    for (let index = Math.max(0, indexOfSegment(this.#segments, from)); index < length; index++) {
      const segment = this.#segments[index] as Segment;
      const sequence = segment.settled.nextUnsettled(Math.max(from, segment.first), segment.end);
      if (sequence < segment.end) return { segment, sequence };
    }
    return undefined;
  }

  /** Reads at a sequence number. Returns undefined if its message is missing, which has then been reported and settled. */
  #readAt({ segment, sequence }: { segment: Segment; sequence: number }, limits: ChunkLimits): SpoolChunk | undefined {
    const reader = this.#readerOf(segment, sequence);
    if (reader === undefined) return undefined;
    let batch = reader.seek(sequence);
    this.#builder.begin(limits);
    let next = sequence;
    // Continues into the next batch while the sequence numbers are consecutive.
    while (batch !== undefined && batch.first <= next) {
      const limit = segment.settled.nextSettled(next, Math.min(batch.end, segment.end));
      next = batch.first + this.#builder.take(batch, next - batch.first, limit - batch.first);
      if (next < batch.end || segment.settled.has(next)) break;
      batch = this.#nextBatch(reader);
    }
    if (this.#builder.count > 0) return this.#builder.finish(sequence);
    if (batch !== undefined && batch.first <= sequence) this.#loseDamaged(segment, batch, sequence);
    return undefined;
  }

  /** Moves to the next batch. If that fails, the records gathered so far are returned first, and the next call throws the error. */
  #nextBatch(reader: SegmentReader): LoadedBatch | undefined {
    try {
      return reader.next() ? reader.batch : undefined;
    } catch (error) {
      if (this.#builder.count === 0) throw error;
      this.close();
      return undefined;
    }
  }

  /** Returns a reader for the segment. Returns undefined if the file is gone, and then all its messages have been reported as lost. */
  #readerOf(segment: Segment, sequence: number): SegmentReader | undefined {
    const usable = this.#reader?.segment === segment && this.#reader.canReach(sequence);
    if (usable) return this.#reader;
    this.close();
    try {
      this.#reader = new SegmentReader(segment, (hole) => this.#lose(segment, hole));
    } catch (error) {
      if (refusalOf(error) !== 'ENOENT') throw error;
      this.#lose(segment, { first: segment.first, last: segment.end - 1, skipped: false });
    }
    return this.#reader;
  }

  #lose(segment: Segment, hole: Hole): void {
    this.#unreadable({
      segment,
      ...hole,
      what: 'its place in the file is damaged, or the file ends before it or is not there',
    });
  }

  /** Reports all damaged records from `sequence` on as one run. */
  #loseDamaged(segment: Segment, batch: LoadedBatch, sequence: number): void {
    const end = Math.min(batch.end, segment.end);
    let after = sequence + 1;
    while (after < end && !segment.settled.has(after) && batch.wholeSize(after - batch.first) === 0) after++;
    const what = 'damaged: its CRC is wrong';
    this.#unreadable({ segment, first: sequence, last: after - 1, skipped: false, what });
  }

  /** Closes the file. */
  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }
}
