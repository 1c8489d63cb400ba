/**
 * The lines of a file as it grows, is rotated and is cut, from where a checkpoint says on. The file is looked at again and
 * again: what a system tells of changes differs between systems and file systems, and is lost on a busy one.
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
  /** Ends the following. */
  readonly stop: AbortSignal;
}

/** Whoever wrote to a file that was rotated away may go on for a moment. */
const LAST_WORDS_MS = 1000;

/** Nobody rotates more often than this while a file is being opened. */
const RENAMED_TIMES = 3;

/** A copy of a file that was cut. */
interface CopyWanted {
  readonly at: Position;
  readonly from: Pick<Position, 'offset' | 'line'>;
  readonly older: Older | undefined;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #trouble: Trouble;
  #file: OpenFile | undefined;
  /** The last one that was read to its end. It stays open until the next one is, so that no other file gets its inode. */
  #done: OpenFile | undefined;
  /** What came before the first file that is opened. */
  #older: Older = [];
  /** Where the followed path led to, by the checkpoint. */
  #base: string | undefined;
  /** Why nothing can be read now, as it was logged. */
  #waitsFor: string | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#trouble = new Trouble(`following ${options.path}`, options);
  }

  /** Goes to where reading is to begin. Resolves with a place that is to be remembered from now on. @throws the system's error */
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
    // It has been renamed since it was looked at.
    if (times === 0) throw stillRenamed(this.#options.path);
    await this.#resume(checkpoint, times - 1);
  }

  /**
   * Opens the copy that was made of a file before it was cut: what had not been read of the file is there. Returns whether there
   * is one. `at`: up to where the file had been read; `from`: the last line's end before that.
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

  /** A file that comes later is read from its start. */
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

  /** Somebody may put it right; until then it is said once. */
  #waitFor(why: string): undefined {
    const { logger, source, path } = this.#options;
    if (this.#waitsFor !== why) logger.warn({ source }, `waiting for ${path}: ${why}`);
    this.#waitsFor = why;
  }

  /** The lines as they come, some at a time; ends when it is stopped. */
  async *lines(): AsyncGenerator<readonly FollowedLine[]> {
    const { stop, clock, pollMs } = this.#options;
    while (!stop.aborted) {
      const lines = await this.#trouble.outlast(() => this.#next());
      if (lines === undefined) await clock.sleep(pollMs, stop);
      else if (lines.length > 0) yield lines;
    }
    await this.close();
  }

  /** Undefined when there is nothing now. Whatever fails can be tried again: nothing changes before the last call that may fail. */
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

  /** Whether nothing was copied from the current file, which was cut then, between the look at the folder and the first read. */
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

  /** A handle of a network file system can be of no use for ever. @throws the error */
  async #afterFailedRead(error: unknown, file: OpenFile): Promise<never> {
    if (systemCode(error) === 'ESTALE') await this.#reopen(file);
    throw error;
  }

  /** Goes on where the last line ended; with the next file, if this one was deleted. */
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

  /** What cannot be known of the files between the last one and this one. */
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

  /** The rotated files that need not be read after a file was cut: those before it, and copies of a part of it. */
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

  /** Nothing of it was read, or it was cut, and another file comes first. */
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

  /** Once another file comes after it, this one is read to its end, and its last line needs no line break. */
  async #atEnd(file: OpenFile): Promise<readonly FollowedLine[] | undefined> {
    const { clock, stop, pollMs } = this.#options;
    if (!(await this.#isFollowed(file))) return undefined;
    const end = clock.now() + LAST_WORDS_MS;
    for (let isLast = false; !isLast; ) {
      if (stop.aborted) return [];
      // Before the read: something may be written while the process sleeps, or stands still.
      isLast = clock.now() >= end;
      const late = await this.#read(file);
      if (late !== 'end') return late === 'cut' ? this.#beginAgain(file) : late;
      if (!isLast) await clock.sleep(Math.min(pollMs, LAST_WORDS_MS), stop);
    }
    this.#done = file;
    this.#file = undefined;
    return file.end();
  }

  /** Another file has the name, or has had it since and was rotated away as well. */
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
