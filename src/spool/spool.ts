/**
 * The durable queue on disk: messages that were appended and synced survive the process and the machine, until they settle. A
 * spool has one directory and runs in the producer's worker thread. The caller's thread locks the directory before (lock.ts).
 * docs/spool.md lists the guarantees.
 *
 *     Spool ─┬─ segments/     SegmentStore appends to files, SpoolReader reads what has not settled
 *            ├─ settlements/  SettlementBook logs what has settled, SettledFiles deletes segments
 *            ├─ recovery/     finds out at the opening what the files hold
 *            └─ GroupSync     one sync for all callers that wait
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { asError, SpoolError } from '../shared/errors.ts';
import { makeDirectory } from '../shared/files/durable.ts';
import type { NumberRun } from '../shared/sequence-ranges.ts';
import { type Clock, systemClock } from '../shared/util/clock.ts';
import { DirectoryNames } from './directory-names.ts';
import { DIRECTORY_MODE, linkAside, moveAside, reading, writing } from './files.ts';
import { SETTLEMENT_KIND, type SettlementEntry } from './format.ts';
import { GroupSync } from './group-sync.ts';
import { inspectToOpen, type Opening } from './opening.ts';
import { patiently } from './patience.ts';
import type { Loss } from './recovery/loss.ts';
import type { Recovered } from './recovery/recover.ts';
import type { ChunkLimits, SpoolChunk } from './segments/chunk.ts';
import { indexOfSegment, type Segment } from './segments/segment.ts';
import { SegmentStore } from './segments/segment-store.ts';
import { SpoolReader, type Unreadable } from './segments/spool-reader.ts';
import { SettledFiles } from './settlements/settled-files.ts';
import { SettlementBook } from './settlements/settlement-book.ts';
import { LOG_NAME } from './settlements/settlement-log.ts';

export interface SpoolOptions {
  readonly directory: string;
  /** Maximum size in bytes of all segments together. */
  readonly maxBytes: number;
  /** Size in bytes at which a segment is full. @default 16 MiB, less where `maxBytes` is small */
  readonly segmentBytes?: number;
  /**
   * Minimum time in ms between the beginnings of two syncs while no caller waits. With 0, a sync begins as soon as the last one
   * has ended.
   */
  readonly syncIntervalMs: number;
  /** Clock for the pauses after a refused opening. @default the machine's */
  readonly clock?: Clock;
  /** Called when messages or settlements turn out to be missing, while opening and while reading. */
  readonly onLoss?: (loss: Loss) => void;
  /** Called when sequence numbers that counted as pending turn out never to have been used. */
  readonly onUnused?: (run: NumberRun) => void;
  /** Called when a sync fails. Messages appended so far may not survive the machine, whether a caller waits for them or not. */
  readonly onSyncFailed?: (error: Error) => void;
  /** Called when the system refused something that can wait, such as a write to the settlement log or deleting a file. */
  readonly onTrouble?: (error: Error) => void;
  /** Called with the size on disk in bytes, without the settlement log, when it may have changed. */
  readonly onResized?: (bytes: number) => void;
}

const SEGMENT_BYTES = 16 * 1024 * 1024;
const SMALLEST_SEGMENT = 64 * 1024;
/** 48 bits in hexadecimal. */
const SALT_DIGITS = 12;
/**
 * Minimum number of segments in a full spool. A full segment is deleted only when all of it has settled, so several of them
 * free disk space sooner.
 */
const SEGMENTS_AT_LEAST = 16;

const RETRY_MS = 1000;

const segmentBytesFor = (maxBytes: number): number =>
  Math.min(SEGMENT_BYTES, Math.max(SMALLEST_SEGMENT, Math.floor(maxBytes / SEGMENTS_AT_LEAST)));

export class Spool {
  readonly #options: SpoolOptions;
  readonly #names: DirectoryNames;
  readonly #store: SegmentStore;
  readonly #book: SettlementBook;
  readonly #files: SettledFiles;
  readonly #reader: SpoolReader;
  readonly #group: GroupSync;
  #next: number;
  /** All sequence numbers below it are on disk. */
  #confirmed: number;
  #pending = 0;
  /** Runs until a failed sync is tried again. */
  #retry: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: SpoolOptions, { segments, next, confirmed, unsynced }: Recovered) {
    const { directory, maxBytes, segmentBytes = segmentBytesFor(maxBytes), syncIntervalMs } = options;
    const names = new DirectoryNames(directory);
    const onTrouble = (error: Error) => options.onTrouble?.(error);
    const secure = () => this.#book.secure();
    this.#options = options;
    this.#names = names;
    this.#book = new SettlementBook({ directory, names, maxBytes, everything: () => this.#everything(), onTrouble });
    this.#files = new SettledFiles({ names, secure, onTrouble, onCleared: () => this.#resized() });
    this.#reader = new SpoolReader(segments, (run) => this.#unreadable(run));
    this.#store = new SegmentStore(segments, {
      ...{ directory, names, maxBytes, segmentBytes, secure, onTrouble },
      onSettled: (file) => this.#files.add(file),
      keptBytes: () => this.#files.keptBytes,
      onRewritten: () => this.#reader.close(),
    });
    this.#store.distrust(unsynced);
    this.#group = new GroupSync(syncIntervalMs, () => this.#sync());
    this.#next = next;
    this.#confirmed = unsynced.length > 0 ? confirmed : next;
    this.#pending = segments.reduce((sum, { pending }) => sum + pending, 0);
  }

  /**
   * Opens the spool in the directory, or creates one. It reads the two ends of each file. It reads to the end only files that
   * may never have been synced, or all files if the log is damaged. All other records are verified when they are read. If the
   * system refuses, the opening is tried again for 0.75 s, before anything is changed.
   * @throws SpoolError, SpoolWriteError
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory } = options;
    const open = () => {
      writing(directory, 'create it', () => makeDirectory(directory, DIRECTORY_MODE));
      return reading(directory, () => inspectToOpen(directory));
    };
    const opening = await patiently(open, options.clock ?? systemClock);
    for (const loss of opening.losses) options.onLoss?.(loss);
    const spool = new Spool(options, opening);
    try {
      await spool.#begin(opening);
    } catch (error) {
      await spool.#abandon();
      throw error;
    }
    return spool;
  }

  /** Repairs what recovery has found, so that the next opening starts from a clean state. */
  async #begin(opening: Opening): Promise<void> {
    const { segments, unsealed, tooLong, torn, unsynced, unreadable, strays, logDamaged } = opening;
    const { directory } = this.#options;
    for (const path of opening.copies) writing(path, 'delete it', () => fs.rmSync(path, { force: true }));
    if (tooLong !== undefined) cutOff(tooLong);
    for (const segment of unsealed.filter((one) => !one.isSettled && !unreadable.includes(one)))
      this.#store.seal(segment);
    for (const { segment, runs } of torn) this.#forgetTorn(segment, runs);
    // The log must record unused numbers before anything more is confirmed. A confirmed number that is neither in a segment nor
    // in the log counts as lost.
    for (const { segment, runs } of opening.unused)
      for (const [first, last] of runs) this.#unreadable({ segment, first, last, skipped: true, what: '' });
    for (const { path, run } of opening.settledFiles) this.#files.add({ path, run, bytes: 0 });
    for (const segment of segments.filter(({ isSettled }) => isSettled)) this.#store.release(segment);
    for (const segment of unreadable) this.#loseSegment(segment);
    for (const path of strays) writing(path, 'rename it', () => moveAside(path));
    // The old log counts until the new one has its name. Without either, all settled messages would be delivered again.
    const log = join(directory, LOG_NAME);
    if (logDamaged) writing(log, 'keep a copy of it', () => linkAside(log));
    await this.#rewriteBook();
    await this.#names.sync();
    if (unsynced.length > 0) await this.#syncAgain();
    this.#resized();
  }

  #resized(): void {
    this.#options.onResized?.(this.bytes);
  }

  /**
   * Closes the files as they are after a failed opening. Another opening may begin at once, in this or another process, and
   * finds again whatever is not in the log.
   */
  async #abandon(): Promise<void> {
    this.#reader.close();
    this.#store.close();
    await this.#files.stop();
    this.#book.abandon();
  }

  /**
   * Syncs what a crash may have kept from being synced. If that fails, it is tried again, and nothing new is confirmed before
   * it succeeds.
   */
  async #syncAgain(): Promise<void> {
    this.#group.touch();
    await this.synced().catch((error) => this.#options.onTrouble?.(error));
  }

  /** Settles messages of which a crash left only a part. No caller was told that they are safe, so they are no loss. */
  #forgetTorn(segment: Segment, runs: readonly NumberRun[]): void {
    const what = 'a crash has left a part of what was being written; none of it was confirmed';
    for (const [first, last] of runs) {
      const count = segment.settled.settle(first, last);
      this.#pending -= count;
      this.#book.settled(first, last);
      this.#options.onLoss?.({ kind: 'unconfirmed', file: segment.path, what, first, last, count, bytes: 0 });
    }
  }

  async #rewriteBook(): Promise<void> {
    try {
      this.#book.rewrite();
    } catch {
      // On a full disk the files of settled segments take the space. The old log, which records their settlement, still exists.
      await this.#files.finish();
      this.#book.begin();
    }
  }

  #loseSegment(segment: Segment): void {
    const what = 'its header, all its batches and its seal are damaged: nothing can be read';
    this.#unreadable({ segment, first: segment.first, last: segment.end - 1, skipped: false, what });
  }

  /** The lowest sequence number that the next record may have. */
  get next(): number {
    return this.#next;
  }

  /** Number of records that have not settled. */
  get pending(): number {
    return this.#pending;
  }

  /** Bytes on disk, without the settlement log. */
  get bytes(): number {
    return this.#store.bytes;
  }

  /** Yields the sequence numbers of the records that have not settled, in order. */
  *pendingRuns(): Generator<NumberRun> {
    for (const { settled, first, end } of this.#store.segments) yield* settled.unsettledRuns(first, end);
  }

  /**
   * Appends packed records with consecutive sequence numbers from `first` on. Numbers that are skipped never come later. The
   * records are safe when `synced()` resolves.
   * @throws SpoolFullError, SpoolWriteError: then nothing of them remains
   */
  append(memory: Uint8Array, offsets: Uint32Array, first: number): void {
    if (offsets.length === 0) return;
    this.#refuse(first >= this.#next && Number.isSafeInteger(first), first);
    if (memory.byteOffset % 8 !== 0) throw new SpoolError('the memory of a batch must begin at a multiple of 8');
    this.#store.append({ memory, offsets }, first, this.#next);
    if (first > this.#next) this.#skip(first);
    this.#next = first + offsets.length;
    this.#pending += offsets.length;
    this.#group.touch();
    this.#resized();
  }

  /** Settles the unused sequence numbers before `first`, in whichever segment they fall. */
  #skip(first: number): void {
    const { segments } = this.#store;
    const segment = segments[indexOfSegment(segments, this.#next)];
    if (segment !== undefined && segment.end > first) segment.settled.settle(this.#next, first - 1);
    this.#book.settled(this.#next, first - 1);
  }

  /** Resolves when everything appended before is on disk. @throws SpoolWriteError when it cannot be synced */
  synced(): Promise<void> {
    return this.#group.synced();
  }

  async #sync(): Promise<void> {
    const end = this.#next;
    try {
      await this.#store.sync();
    } catch (error) {
      this.#options.onSyncFailed?.(asError(error));
      this.#retry ??= setTimeout(() => this.#retrySync(), RETRY_MS).unref();
      throw error;
    }
    this.#confirmed = end;
    this.#book.mark(this.#base, this.#confirmed);
    this.#book.flush(); // before any caller learns of it, because damage to confirmed messages after a crash is a loss
  }

  /**
   * Tries a failed sync again, even if nothing more is appended. Until a sync succeeds, the appended messages may not survive
   * the machine.
   */
  #retrySync(): void {
    this.#retry = undefined;
    this.#group.touch();
  }

  /** Settles messages that were delivered, dead-lettered or dropped. Settling a message twice counts once. */
  settle(first: number, last = first): void {
    this.#refuse(first <= last && last < this.#next, last);
    const { segments } = this.#store;
    for (let index = Math.max(0, indexOfSegment(segments, first)); index < segments.length; index++) {
      const segment = segments[index] as Segment;
      if (segment.first > last) break;
      if (this.#settleIn(segment, Math.max(first, segment.first), Math.min(last, segment.end - 1))) index--;
    }
  }

  /** Settles a run within one segment. Returns whether the segment was released by that. */
  #settleIn(segment: Segment, first: number, last: number): boolean {
    if (first > last) return false;
    const newly = segment.settled.settle(first, last);
    if (newly === 0) return false;
    this.#pending -= newly;
    this.#book.settled(first, last);
    return segment.isSettled && this.#store.release(segment);
  }

  /**
   * Returns an id for a record that has not settled. No other record has it, in this spool or another. The id consists of the
   * sequence number and the salt, which lie in the file together. The number alone is not unique, because one that a power cut
   * took back is used again in another file. Returns undefined if no file has the record.
   */
  idOf(sequence: number): string | undefined {
    const { segments } = this.#store;
    const segment = segments[indexOfSegment(segments, sequence)];
    if (segment === undefined || sequence >= segment.end) return undefined;
    return `${segment.salt.toString(16).padStart(SALT_DIGITS, '0')}-${sequence}`;
  }

  /** Reads the next records that have not settled, from sequence number `from` on. Returns undefined if there are none. */
  read(from: number, limits: ChunkLimits): SpoolChunk | undefined {
    this.#refuse(true, from);
    return this.#reader.read(from, limits);
  }

  /** Settles what cannot be read, so that it is reported only once. Messages in it that existed and had not settled are a loss. */
  #unreadable({ segment, first, last, skipped, what }: Unreadable): void {
    for (const run of [...segment.settled.unsettledRuns(first, last + 1)]) {
      if (skipped) this.#options.onUnused?.(run);
      else this.#report(segment, run, what);
      this.#settleIn(segment, ...run);
    }
  }

  #report(segment: Segment, [first, last]: NumberRun, what: string): void {
    this.#store.putAside(segment);
    const count = last - first + 1;
    this.#options.onLoss?.({ kind: 'lost', file: segment.path, what, first, last, count, bytes: 0 });
  }

  #refuse(good: boolean, sequence: number): void {
    if (this.#closed !== undefined) throw new SpoolError(`${this.#options.directory}: the spool is closed`);
    if (!good) throw new RangeError(`sequence ${sequence} does not fit a spool whose next is ${this.#next}`);
  }

  /** All messages below it have settled. */
  get #base(): number {
    return this.#store.segments[0]?.first ?? this.#next;
  }

  /**
   * Yields the entries of a new settlement log. These are a mark, and all that has settled from the first segment on, even
   * where no file is left.
   */
  *#everything(): Generator<SettlementEntry> {
    const { settled, mark } = SETTLEMENT_KIND;
    yield { kind: mark, first: this.#base, last: this.#confirmed };
    let from = this.#base;
    for (const segment of this.#store.segments) {
      if (segment.first > from) yield { kind: settled, first: from, last: segment.first - 1 };
      for (const [first, last] of segment.settled.runs(segment.end)) yield { kind: settled, first, last };
      from = segment.end;
    }
    if (this.#next > from) yield { kind: settled, first: from, last: this.#next - 1 };
  }

  /** Syncs everything including the settlements, then closes the files. @throws SpoolWriteError */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #finish(): Promise<void> {
    this.#group.touch();
    return this.#group.finish();
  }

  async #close(): Promise<void> {
    this.#store.retire();
    try {
      // After a failed sync, the second one writes into new files what the first one should have covered.
      await this.#finish().catch(() => this.#finish());
    } finally {
      clearTimeout(this.#retry);
      this.#reader.close();
      this.#store.close();
      await this.#files.finish();
      await this.#book.close();
    }
  }
}

/** Cuts a batch that a crash left half-written off the end of a file. */
function cutOff({ path, bytes }: Segment): void {
  writing(path, 'cut a half-written batch off', () => fs.truncateSync(path, bytes));
}
