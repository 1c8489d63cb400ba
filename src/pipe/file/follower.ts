/**
 * Reads the lines of a file as it grows, is rotated and is truncated, starting at a checkpoint. It polls the file, because
 * notifications of changes differ between systems and file systems, and get lost on a busy machine.
 */

import { reason } from '../../config/yaml/references.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { systemCode } from '../../shared/util/system-code.ts';
import type { Position } from './checkpoint.ts';
import {
  type Generation,
  generationAt,
  isSame,
  type Listing,
  listingOf,
  type Rotated,
  stillRenamed,
} from './generations.ts';
import { endOf, type FollowedLine, isAt, mayBePartOf, OpenFile, type OpenOptions } from './open-file.ts';
import { type Older, olderThan, type Successor, successorOf } from './succession.ts';
import { Trouble } from './trouble.ts';

export interface FollowerOptions {
  readonly source: string;
  readonly path: string;
  readonly from: 'start' | 'end';
  readonly pollMs: number;
  readonly maxLineBytes: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stop: AbortSignal;
}

/** Time, in ms, for which a program may still write to a file after its rotation. */
const LAST_WORDS_MS = 1000;

/** Number of retries when a file is renamed while it is being opened. Rotation is rarer than that. */
const RENAMED_TIMES = 3;

/** Describes the copy to search for after a file was truncated. */
interface CopyWanted {
  readonly at: Position;
  readonly from: Pick<Position, 'offset' | 'line'>;
  readonly older: Older | undefined;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #trouble: Trouble;
  #file: OpenFile | undefined;
  /** The last file that was read to its end. It stays open until the next one is open, so that no other file gets its inode. */
  #done: OpenFile | undefined;
  /** Files before the first one that is opened. */
  #older: Older = [];
  /** Former target of the followed path, according to the checkpoint. */
  #base: string | undefined;
  /** Why no file can be read now, as logged last. */
  #waitsFor: string | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#trouble = new Trouble(`following ${options.path}`, options);
  }

  /** Moves to where reading starts. Resolves with the position that a first checkpoint must store. @throws the system's error */
  async begin(checkpoint: Position | undefined): Promise<Position | undefined> {
    await this.close();
    this.#base = checkpoint?.base;
    if (checkpoint !== undefined) await this.#resume(checkpoint);
    else return this.#beginAnew();
    return undefined;
  }

  async #resume(checkpoint: Position, times = RENAMED_TIMES): Promise<void> {
    const listing = await listingOf(this.#options.path, checkpoint.base);
    const same = [listing.current, ...listing.rotated].find((one) => isSame(one, checkpoint));
    if (same === undefined || !(await isAt(same, checkpoint))) {
      if (await this.#openCopy(listing, { at: checkpoint, from: checkpoint, older: checkpoint.older })) return;
      this.#older = await this.#readBefore(listing, checkpoint);
      return this.#sayGone(checkpoint, same);
    }
    await this.#open(same, { older: checkpoint.older ?? olderThan(listing, same), from: checkpoint });
    if (this.#file !== undefined) return;
    // The file was renamed after the folder was listed.
    if (times === 0) throw stillRenamed(this.#options.path);
    await this.#resume(checkpoint, times - 1);
  }

  /**
   * Opens the copy of a file that was truncated (copytruncate), which holds the unread rest. Returns whether there is such a
   * copy. Bytes up to `at` had been read; `from` is the end of the last whole line before that.
   */
  async #openCopy(listing: Listing, { at, from, older = [] }: CopyWanted): Promise<boolean> {
    for (const one of listing.rotated) {
      const isNew = !one.name.isCompressed && !older.some((other) => isSame(other, one));
      if (!isNew || one.size < from.offset || !(await isAt(one, at))) continue;
      const copy = await this.#opened(one, { older, from });
      if (copy === undefined) throw stillRenamed(this.#options.path);
      this.#file = copy;
      this.#sayCut(one.path);
      return true;
    }
    return false;
  }

  #sayCut(copy: string): void {
    const { logger, source, path } = this.#options;
    logger.info({ source }, `${path} was copied to ${copy} and cut: reading the rest of the copy first`);
  }

  #sayGone({ offset }: Position, same: Generation | undefined): void {
    const { logger, source } = this.#options;
    const what = same === undefined ? 'is gone' : 'was cut or written anew';
    const lost = `the file that was read up to byte ${offset} ${what}: what else it had is not known`;
    logger.warn({ source }, `${lost}; reading what came after it`);
  }

  /** Starts without a checkpoint. Files that appear later are read from their start. */
  async #beginAnew(): Promise<Position | undefined> {
    const { path, from } = this.#options;
    const listing = await listingOf(path);
    this.#older = olderThan(listing, undefined);
    if (from === 'start' || listing.current === undefined) return undefined;
    const end = await endOf(listing.current);
    await this.#open(listing.current, { older: this.#older, from: end });
    const file: OpenFile | undefined = this.#file;
    if (file === undefined) throw stillRenamed(path);
    return file.begin;
  }

  async #open(generation: Generation, options: Omit<OpenOptions, 'maxLineBytes'>): Promise<void> {
    this.#file = await this.#opened(generation, options);
    if (this.#file !== undefined) this.#waitsFor = undefined;
  }

  #opened(generation: Generation, options: Omit<OpenOptions, 'maxLineBytes'>): Promise<OpenFile | undefined> {
    return OpenFile.open(generation, { maxLineBytes: this.#options.maxLineBytes, ...options });
  }

  /** Logs once why the file cannot be read. The cause may be repaired while the source waits. */
  #waitFor(why: string): undefined {
    const { logger, source, path } = this.#options;
    if (this.#waitsFor !== why) logger.warn({ source }, `waiting for ${path}: ${why}`);
    this.#waitsFor = why;
  }

  /** Yields the lines as they are written, some at a time, until the follower is stopped. */
  async *lines(): AsyncGenerator<readonly FollowedLine[]> {
    const { stop, clock, pollMs } = this.#options;
    while (!stop.aborted) {
      const lines = await this.#trouble.outlast(() => this.#next());
      if (lines === undefined) await clock.sleep(pollMs, stop);
      else if (lines.length > 0) yield lines;
    }
    await this.close();
  }

  /** Returns undefined when there are no lines now. After a failure it can be called again. */
  async #next(): Promise<readonly FollowedLine[] | undefined> {
    const file = this.#file;
    if (file === undefined) return this.#openNext();
    const lines = await this.#read(file).catch((error) => this.#afterFailedRead(error, file));
    if (lines === 'cut') return this.#beginAgain(file);
    this.#saySkipped(file);
    return lines === 'end' ? this.#atEnd(file) : lines;
  }

  #read(file: OpenFile): Promise<FollowedLine[] | 'end' | 'cut'> {
    return file.read(() => this.#isNext(file));
  }

  /** Whether the current file is still the next one. If it was copied and truncated meanwhile, the copy comes first. */
  async #isNext({ generation, older }: OpenFile): Promise<boolean> {
    const listing = await listingOf(this.#options.path, generation.base);
    return !isSame(listing.current, generation) || isSame(successorOf(listing, older, undefined).next, generation);
  }

  #saySkipped(file: OpenFile): void {
    const bytes = file.takeSkipped();
    if (bytes === 0) return;
    const { logger, source } = this.#options;
    const text = 'a program that does not append has gone on at its old place after the file was cut';
    logger.warn(
      { source, bytes },
      `${file.generation.path} begins with ${bytes} bytes U+0000, which were skipped: ${text}`,
    );
  }

  /** Opens the file again after ESTALE, because a handle of a network file system can become useless. @throws the error */
  async #afterFailedRead(error: unknown, file: OpenFile): Promise<never> {
    if (systemCode(error) === 'ESTALE') await this.#reopen(file);
    throw error;
  }

  /** Continues after the last whole line, or with the next file if this one was removed. */
  async #reopen(file: OpenFile): Promise<void> {
    const { current, rotated } = await listingOf(this.#options.path, file.generation.base);
    const same = [current, ...rotated].find((one) => isSame(one, file.generation));
    if (same !== undefined) await this.#open(same, { older: file.older, from: file.next });
    else this.#file = undefined;
    if (this.#file === undefined) this.#done = file;
    else await file.close();
  }

  async #openNext(): Promise<[] | undefined> {
    const { path } = this.#options;
    const found = successorOf(
      await listingOf(path, this.#done?.generation.base ?? this.#base),
      this.#done?.older ?? this.#older,
      this.#done?.generation,
    );
    const { next, older } = found;
    if (next !== undefined) await this.#open(next, { older }).catch((error) => this.#waitFor(`it ${reason(error)}`));
    else this.#waitFor('there is no such file yet');
    if (this.#file === undefined) return undefined;
    this.#sayDoubts(this.#file.generation, found);
    await this.#letGo();
    return [];
  }

  /** Warns about what the names do not tell of the files between the last one and this one. */
  #sayDoubts({ path: next }: Generation, { isSure, unordered, compressed }: Successor): void {
    const { logger, source, path } = this.#options;
    const warn = (text: string) => logger.warn({ source }, text);
    if (!isSure) {
      const gone = `the file that was read before ${next} has none of the names ${path}.* any more`;
      warn(`${gone}: lines of files between the two, if there were any, may be lost`);
    }
    if (compressed.length > 0) warn(`not read, as compressed files are not: ${compressed.join(', ')}`);
    if (unordered.length > 0) warn(`read in this order, of which the names leave doubt: ${unordered.join(', ')}`);
  }

  async #letGo(): Promise<void> {
    await this.#done?.close();
    this.#done = undefined;
  }

  async #beginAgain(file: OpenFile): Promise<[]> {
    if (file.reached.offset === 0) return this.#letPass(file);
    const listing = await listingOf(this.#options.path, file.generation.base);
    if (await this.#openCopy(listing, { at: file.reached, from: file.next, older: file.older })) await file.close();
    else await this.#restart(file, listing);
    return [];
  }

  /** Returns the rotated files that need not be read after a file was truncated: those before it, and copies of a part of it. */
  async #readBefore(listing: Listing, at: Position): Promise<Older> {
    const { older } = at;
    if (older === undefined) return olderThan(listing, undefined);
    const read: Rotated[] = [];
    for (const one of listing.rotated) {
      const isBefore = older.some((other) => isSame(other, one));
      if (isBefore || (!isSame(one, at) && (await mayBePartOf(one, at)))) read.push(one);
    }
    return olderThan({ current: undefined, rotated: read }, undefined);
  }

  /** Leaves the current file, because another file comes first. Nothing of it was read, or it was truncated. */
  async #letPass(file: OpenFile, older: Older = file.older): Promise<[]> {
    this.#older = older;
    this.#base = file.generation.base;
    this.#file = undefined;
    await file.close();
    return [];
  }

  async #restart(file: OpenFile, listing: Listing): Promise<void> {
    const older = await this.#readBefore(listing, file.reached);
    const isNext = isSame(successorOf(listing, older, undefined).next, listing.current);
    this.#sayRestart(file);
    if (isNext) this.#file = file.restarted(older);
    else await this.#letPass(file, older);
  }

  #sayRestart(file: OpenFile): void {
    const { logger, source } = this.#options;
    const { unread } = file;
    const lost = unread === 0 ? '' : `, and at least ${unread} bytes of it that had not been read are lost`;
    logger.warn({ source, unread }, `${file.generation.path} was cut: reading it from its start${lost}`);
  }

  /** Reads a file to its end once another file follows it. Its last line then needs no line break. */
  async #atEnd(file: OpenFile): Promise<readonly FollowedLine[] | undefined> {
    const { clock, stop, pollMs } = this.#options;
    if (!(await this.#isFollowed(file))) return undefined;
    const end = clock.now() + LAST_WORDS_MS;
    for (let isLast = false; !isLast; ) {
      if (stop.aborted) return [];
      // Taken before the read, because lines may be written while the process sleeps or is suspended.
      isLast = clock.now() >= end;
      const late = await this.#read(file);
      if (late !== 'end') return late === 'cut' ? this.#beginAgain(file) : late;
      if (!isLast) await clock.sleep(Math.min(pollMs, LAST_WORDS_MS), stop);
    }
    this.#done = file;
    this.#file = undefined;
    return file.end();
  }

  /** Whether another file follows. Another file has the name now, or had it since and was rotated as well. */
  async #isFollowed({ generation, older }: OpenFile): Promise<boolean> {
    const { path } = this.#options;
    const current = await generationAt(path);
    if (current !== undefined) return !isSame(current, generation);
    return successorOf(await listingOf(path, generation.base), older, generation).next !== undefined;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    await this.#letGo();
  }
}
