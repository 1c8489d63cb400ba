/**
 * The lines of a file as it grows, is rotated and is cut, from where a checkpoint says on. The file is looked at again and
 * again: what a system tells of changes differs between systems and file systems, and is lost on a busy one.
 */

import type { Clock } from '../../clock.ts';
import { reason } from '../../config/references.ts';
import type { Logger } from '../../logger.ts';
import type { Position } from './checkpoint.ts';
import {
  type Done,
  type Generation,
  generationAt,
  generationsOf,
  isSame,
  type Successor,
  successorOf,
} from './generations.ts';
import { endOf, type FollowedLine, isAt, OpenFile, type OpenOptions } from './open-file.ts';

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

export class Follower {
  readonly #options: FollowerOptions;
  #file: OpenFile | undefined;
  /** The last one that was read to its end, as it was then; open until the next one is, so that its inode is its own. */
  #done: { readonly file: OpenFile; readonly was: Done } | undefined;
  /** Why nothing can be read now, as it was said. */
  #waitsFor: string | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Goes to where reading is to begin. Resolves with a place that is to be remembered from now on. @throws the system's error */
  async begin(checkpoint: Position | undefined): Promise<Position | undefined> {
    if (checkpoint !== undefined) await this.#resume(checkpoint);
    else if (this.#options.from === 'end') return this.#beginAtEnd();
    return undefined;
  }

  async #resume(checkpoint: Position, times = RENAMED_TIMES): Promise<void> {
    const { path, logger, source } = this.#options;
    const generations = await generationsOf(path);
    const same = generations.find((one) => isSame(one, checkpoint));
    if (same !== undefined && (await isAt(same, checkpoint))) {
      await this.#open(same, checkpoint);
      // It may have been renamed since it was looked at.
      return this.#file === undefined && times > 0 ? this.#resume(checkpoint, times - 1) : undefined;
    }
    const what = same === undefined ? 'is gone' : 'was cut or written anew';
    const lost = `the file that was read up to byte ${checkpoint.offset} ${what}: what else it had is not known`;
    logger.warn({ source }, `${lost}; reading ${path} from its start`);
  }

  /** A file that comes later is read from its start. */
  async #beginAtEnd(): Promise<Position | undefined> {
    const now = await generationAt(this.#options.path);
    if (now === undefined) return undefined;
    const end = await endOf(now);
    await this.#open(now, end);
    return this.#file?.position(end);
  }

  async #open(generation: Generation, from?: OpenOptions['from']): Promise<void> {
    const { maxLineBytes } = this.#options;
    this.#file = await OpenFile.open(generation, { maxLineBytes, ...(from && { from }) });
    if (this.#file !== undefined) this.#waitsFor = undefined;
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
      const lines = await this.#next();
      if (lines === undefined) await clock.sleep(pollMs, stop);
      else if (lines.length > 0) yield lines;
    }
    await this.close();
  }

  /** Undefined when there is nothing now. */
  async #next(): Promise<readonly FollowedLine[] | undefined> {
    const file = this.#file;
    if (file === undefined) return this.#openNext();
    const lines = await file.read();
    if (lines === 'cut') return this.#beginAgain(file);
    return lines === 'end' ? this.#atEnd(file) : lines;
  }

  async #openNext(): Promise<[] | undefined> {
    const { next, isSure } = await this.#successor();
    if (next !== undefined) await this.#open(next).catch((error) => this.#waitFor(`it ${reason(error)}`));
    else this.#waitFor('there is no such file yet');
    if (this.#file === undefined) return undefined;
    if (!isSure) this.#sayGap(this.#file.generation);
    await this.#letGo();
    return [];
  }

  /** The one that came after the last, which may have been rotated away as well by now. */
  async #successor(): Promise<Successor> {
    const { path } = this.#options;
    if (this.#done === undefined) return { next: await generationAt(path), isSure: true };
    return successorOf(path, this.#done.was);
  }

  /** Whatever was rotated away between the two may be gone as well. */
  #sayGap({ path: next }: Generation): void {
    const { logger, source, path } = this.#options;
    const gone = `the file that was read before ${next} has none of the names ${path}.* any more`;
    logger.warn({ source }, `${gone}: lines of files between the two, if there were any, may be lost`);
  }

  async #letGo(): Promise<void> {
    await this.#done?.file.close();
    this.#done = undefined;
  }

  async #beginAgain(file: OpenFile): Promise<[]> {
    const { logger, source } = this.#options;
    const { path } = file.generation;
    logger.warn({ source }, `${path} was cut: reading it from its start`);
    await file.close();
    await this.#open(file.generation);
    return [];
  }

  /** Once another file has the name, this one is read to its end, and its last line needs no line break. */
  async #atEnd(file: OpenFile): Promise<readonly FollowedLine[] | undefined> {
    const { path, clock, stop, pollMs } = this.#options;
    const current = await generationAt(path);
    if (current === undefined || isSame(current, file.generation)) return undefined;
    const end = clock.now() + LAST_WORDS_MS;
    for (; clock.now() < end && !stop.aborted; await clock.sleep(Math.min(pollMs, LAST_WORDS_MS), stop)) {
      const late = await file.read();
      if (late !== 'end') return late === 'cut' ? this.#beginAgain(file) : late;
    }
    if (stop.aborted) return [];
    this.#done = { file, was: await file.done() };
    this.#file = undefined;
    return file.end();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    await this.#letGo();
  }
}
