/**
 * The segments of a spool: the one that is written to, those before it, and the files of settled ones.
 *
 *      segments[0]      segments[1]         segments[n]
 *     [ sealed     ]   [ sealed     ] ...  [ open ──► append ]
 *        all settled: release(), file deleted   full: retire() seals it, the next sync closes it
 */

import fs from 'node:fs';
import { asError, SpoolFullError, SpoolWriteError } from '../../shared/errors.ts';
import { isThereNow } from '../../shared/files/whole-reads.ts';
import type { DirectoryNames } from '../directory-names.ts';
import { closeQuietly, dataSync, linkAside } from '../files.ts';
import { appendBytes, FILE_HEADER_BYTES, SEGMENT_OWN_BYTES } from '../format.ts';
import type { SettledFile } from '../settlements/settled-files.ts';
import { BatchEncoder, type PackedRecords, recordBytes } from './batch-encoder.ts';
import { MOST_NUMBERS, type Segment } from './segment.ts';
import { rewriteSegment } from './segment-copy.ts';
import { SegmentWriter, sealRecovered } from './segment-writer.ts';

export interface StoreOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly names: DirectoryNames;
  /** Called when a file is not needed any more. */
  readonly onSettled: (file: SettledFile) => void;
  /** Bytes of such files that must be kept for now. */
  readonly keptBytes: () => number;
  /** Makes all settlements so far durable. */
  readonly secure: () => Promise<void>;
  /** Called when a segment has a new file. A reader that has the old one open must not read on in it. */
  readonly onRewritten: () => void;
  /** Called when the system refused something that can wait. */
  readonly onTrouble: (error: Error) => void;
}

export class SegmentStore {
  /** All segments in order of their sequence numbers. If there is a writer, it writes to the last one. */
  readonly segments: Segment[];
  readonly #options: StoreOptions;
  readonly #encoder = new BatchEncoder();
  #writer: SegmentWriter | undefined;
  /** Writers of segments that are full but not yet synced. */
  #retired: SegmentWriter[] = [];
  /** Segments after a failed or unknown sync. Their pending messages must be in new files before anything counts as synced. */
  readonly #distrusted = new Set<Segment>();
  /** Bytes of all segments except the one that is written to. */
  #otherBytes = 0;

  constructor(segments: Segment[], options: StoreOptions) {
    this.segments = segments;
    this.#options = options;
    this.#weigh();
  }

  get bytes(): number {
    return this.#otherBytes + (this.#writer?.segment.bytes ?? 0) + this.#options.keptBytes();
  }

  /**
   * Writes these records. `from` is the number after the last one before them. A new segment begins at `from`, so it includes
   * skipped numbers. With a gap between two segments, numbers that were never used would look like messages that a file has
   * lost.
   * @throws SpoolFullError, SpoolWriteError; then nothing has changed
   */
  append(records: PackedRecords, first: number, from: number): void {
    const end = first + records.offsets.length;
    if (this.#writer !== undefined && end - this.#writer.segment.first > MOST_NUMBERS) this.retire();
    const writer = this.#writerFor(mostBytes(records), end - from > MOST_NUMBERS ? first : from);
    writer.append(this.#encode(records, first, writer.segment), end);
  }

  /**
   * Encodes records as one batch. The first append of a segment becomes two batches, so that one bad block at the beginning
   * does not destroy every head with the salt.
   */
  #encode(records: PackedRecords, first: number, segment: Segment): Uint8Array[] {
    const { salt } = segment;
    if (!isEmpty(segment) || records.offsets.length === 1) return this.#encoder.encode(records, { salt, first });
    const { memory, offsets } = records;
    const last = offsets.length - 1;
    const [head, ...most] = this.#encoder.encode({ memory, offsets: offsets.subarray(0, last) }, { salt, first });
    const own = Buffer.from(head); // the encoder's is valid until the next call
    return [
      own,
      ...most,
      ...this.#encoder.encode({ memory, offsets: offsets.subarray(last) }, { salt, first: first + last }),
    ];
  }

  /** Returns a writer that can take `size` bytes within `maxBytes`. */
  #writerFor(size: number, first: number): SegmentWriter {
    const { segmentBytes } = this.#options;
    const current = this.#writer;
    const usable = current !== undefined && !current.broken && fits(current.segment, size, segmentBytes);
    if (usable && this.#hasRoom(size)) return current;
    // The new records may need the space of a segment that has settled.
    if (!usable || current.segment.isSettled) this.retire();
    if (!this.#hasRoom(size + SEGMENT_OWN_BYTES)) throw this.#full(size);
    return this.#begin(first);
  }

  #hasRoom(size: number): boolean {
    return this.bytes + size <= this.#options.maxBytes;
  }

  #full(size: number): SpoolFullError {
    const { directory, maxBytes } = this.#options;
    return new SpoolFullError(`${directory}: the spool is full: ${size} bytes more than ${this.bytes} of ${maxBytes}`);
  }

  #begin(first: number): SegmentWriter {
    if (this.#writer !== undefined) return this.#writer;
    this.#writer = new SegmentWriter(this.#options.directory, first);
    this.segments.push(this.#writer.segment);
    this.#options.names.changed();
    return this.#writer;
  }

  /** Ends the segment that is written to. The next batch begins a new segment. */
  retire(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#attempt(() => writer.seal());
    this.#retired.push(writer);
    this.#writer = undefined;
    this.#weigh();
    if (writer.segment.isSettled) this.release(writer.segment);
  }

  /** Seals a segment that recovery has found without a seal. */
  seal(segment: Segment): void {
    this.#attempt(() => sealRecovered(segment));
    this.#weigh();
  }

  /** Releases a settled segment, whose file is then deleted. Returns false for the segment that is written to, which stays. */
  release(segment: Segment): boolean {
    const index = this.segments.indexOf(segment);
    if (index < 0 || segment === this.#writer?.segment) return false;
    this.segments.splice(index, 1);
    this.#weigh();
    // An empty segment has nothing to record, and the next segment may have its name.
    if (segment.end === segment.first) this.#attempt(() => this.#remove(segment));
    else this.#options.onSettled(fileOf(segment));
    return true;
  }

  #remove({ path }: Segment): void {
    fs.rmSync(path, { force: true });
    this.#options.names.changed();
  }

  /** Keeps the file of a segment that has lost something, whatever happens to the rest of the segment. */
  putAside(segment: Segment): void {
    if (segment.putAside) return;
    segment.putAside = true;
    this.#attempt(() => {
      if (isThereNow(segment.path)) linkAside(segment.path);
    });
    this.#options.names.changed();
  }

  #weigh(): void {
    const others = this.segments.filter((segment) => segment !== this.#writer?.segment);
    this.#otherBytes = others.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Runs `act` and reports a failure without throwing it. Recovery copes with what remains. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onTrouble(asError(error));
    }
  }

  /**
   * Marks segments that a crash may have kept from being synced. The system may report a later sync of their files as a success
   * though data was dropped.
   */
  distrust(segments: readonly Segment[]): void {
    for (const segment of segments) this.#distrusted.add(segment);
  }

  /** Makes everything written before durable. @throws SpoolWriteError; what was not synced then counts as never synced */
  async sync(): Promise<void> {
    await this.#restore();
    for (const writer of this.#writers) await this.#syncWriter(writer);
    await this.#options.names.sync();
  }

  get #writers(): SegmentWriter[] {
    return [...this.#retired, ...(this.#writer ? [this.#writer] : [])];
  }

  async #syncWriter(writer: SegmentWriter): Promise<void> {
    const { fd, segment } = writer;
    const isRetired = writer !== this.#writer; // one that is retired during the sync is synced once more
    try {
      await dataSync(fd, segment.path);
      assertNamed(fd, segment);
    } catch (error) {
      if (writer === this.#writer) this.retire();
      this.#let(writer);
      this.#distrusted.add(segment);
      throw error;
    }
    if (isRetired) this.#let(writer);
  }

  #let(writer: SegmentWriter): void {
    this.#retired = this.#retired.filter((one) => one !== writer);
    closeQuietly(writer.fd);
  }

  /** Rewrites segments whose sync has failed, so that nothing depends on their old files. */
  async #restore(): Promise<void> {
    for (const segment of this.#distrusted) {
      const isPending = () => this.segments.includes(segment);
      if (isPending()) await this.#rewrite(segment, isPending);
      // The segment's messages have settled. Once that is durable, the content of its file does not matter.
      if (!isPending()) await this.#options.secure();
      this.#distrusted.delete(segment);
    }
  }

  async #rewrite(segment: Segment, isPending: () => boolean): Promise<void> {
    if (!(await rewriteSegment(segment, isPending))) return;
    this.#options.names.changed();
    this.#options.onRewritten();
  }

  close(): void {
    for (const { fd } of this.#writers) closeQuietly(fd);
    this.#retired = [];
    this.#writer = undefined;
  }
}

/**
 * Checks that the file still has a name. A file that was deleted from outside is on disk until it is closed, and then nowhere.
 * @throws SpoolWriteError
 */
function assertNamed(fd: number, segment: Segment): void {
  const { path, isSettled, deleted } = segment;
  if (isSettled || deleted || fs.fstatSync(fd).nlink > 0) return;
  segment.deleted = true;
  throw new SpoolWriteError(`${path}: it was deleted while it was written to; what it held is lost`, 'ENOENT');
}

const fileOf = ({ path, bytes, first, end }: Segment): SettledFile => ({ path, bytes, run: [first, end - 1] });

const mostBytes = (records: PackedRecords): number =>
  appendBytes({ count: records.offsets.length, bytes: recordBytes(records) });

/** Whether a batch fits into a segment. A batch larger than a segment gets a segment of its own. */
const fits = (segment: Segment, size: number, segmentBytes: number): boolean =>
  segment.bytes + size <= segmentBytes || isEmpty(segment);

const isEmpty = ({ bytes }: Segment): boolean => bytes === FILE_HEADER_BYTES;
