/**
 * Writes dead letters to a file, one line each. A dead letter counts as accepted when it is on disk. All that arrive during a write
 * are written together, by one write and one `fdatasync`.
 *
 * Other processes may append to the same file, and a replay may move it away at any moment. So the file is opened for every group, and
 * after the write it must still be there under its name. If it is not, no reader may ever see the group. Then the group is written
 * again with the same ids, so that a reader can detect a repetition.
 *
 * A file whose sync has failed is moved away, and the next dead letter begins a new one. A later sync of the old file could succeed
 * although its content is not on disk.
 */

import { constants, type Stats } from 'node:fs';
import { type FileHandle, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseSize } from '../../config/schema/size.ts';
import { ConfigError, OutspoolError } from '../../shared/errors.ts';
import { isDescriptor } from '../../shared/files/descriptor-path.ts';
import { syncData, syncName, syncNameIfAllowed } from '../../shared/files/durable.ts';
import { rotate, rotatedFiles } from '../../shared/files/file-rotation.ts';
import { appendedAs } from '../../shared/files/output-device.ts';
import { openOwn, ownTarget } from '../../shared/files/own-files.ts';
import { readWholeFrom, statIfThere } from '../../shared/files/whole-reads.ts';
import { type Deferred, deferred } from '../../shared/util/deferred.ts';
import { assertNames } from '../known-options.ts';
import type { DeadLetterTarget } from './dead-letter.ts';
import { DeadLetterDevice } from './letter-device.ts';
import { deadLetterLine } from './letter-line.ts';

/** Bounds of a dead-letter file. */
export interface DeadLetterFileOptions {
  /** Largest size of one file before the next one is begun, as bytes or a size such as `'100MB'`. @default 100MB */
  readonly maxBytes?: number | string;
  /** Largest number of files. When all are full, no dead letter is taken, and the producer waits. @default 5 */
  readonly maxFiles?: number;
}

const OPTIONS = ['maxBytes', 'maxFiles'] as const satisfies readonly (keyof DeadLetterFileOptions)[];

export const DEFAULT_MAX_BYTES = '100MB';
export const DEFAULT_MAX_FILES = 5;

/** Ends a line that a crash has cut off. JSON never contains this character, so a reader recognizes a torn line by it. */
export const TORN = 0x18;

const LF = 0x0a;
const TORN_END = Buffer.from([TORN, LF]);
/** Largest size in bytes of the dead letters that are written together. */
const GROUP_BYTES = 8 * 2 ** 20;
/** Number of tries to append a group. A try fails when another process has just moved the file, and rotating takes one too. */
const MOVES_AT_MOST = 20;

/** Builds a target that writes dead letters to a file of JSON lines, which `produce dead-letters` lists and replays. @throws ConfigError */
export function deadLetterFile(path: string, options: DeadLetterFileOptions = {}): DeadLetterTarget {
  assertNames(options, 'deadLetterFile', OPTIONS);
  const file = new DeadLetterFile(path, options);
  return (letter) => file.append(deadLetterLine(letter));
}

/** A file whose sync has failed. */
interface Doubtful {
  readonly file: Stats;
  /** Its size in bytes if it holds only dead letters that were not accepted; else undefined. */
  readonly size: number | undefined;
}

interface Waiting extends Deferred<void> {
  readonly bytes: Buffer;
}

export class DeadLetterFile {
  /** The path as the caller gave it; it may be a symbolic link. */
  readonly #named: string;
  /** The path of the file that the link leads to. */
  #path: string;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  #waiting: Waiting[] = [];
  #writing = false;
  /** The file whose name is known to be durable. */
  #durable: Stats | undefined;
  readonly #device: DeadLetterDevice;
  #doubtful: Doubtful | undefined;

  constructor(path: string, { maxBytes = DEFAULT_MAX_BYTES, maxFiles = DEFAULT_MAX_FILES }: DeadLetterFileOptions) {
    if (typeof path !== 'string' || path === '') throw new ConfigError('deadLetterFile: expected the path of a file');
    this.#named = this.#path = resolve(path);
    this.#device = new DeadLetterDevice(this.#named, TORN_END);
    this.#maxBytes = parseSize(maxBytes);
    this.#maxFiles = maxFiles;
    if (!(this.#maxBytes >= 1)) throw new ConfigError('maxBytes: expected a size of at least 1 byte');
    if (!Number.isInteger(maxFiles) || maxFiles < 1)
      throw new ConfigError('maxFiles: expected a whole number of at least 1');
  }

  /** Resolves when the line is on disk. */
  append(line: string): Promise<void> {
    const waiting: Waiting = { ...deferred<void>(), bytes: Buffer.from(`${line}\n`) };
    this.#waiting.push(waiting);
    if (!this.#writing) void this.#writeAll();
    return waiting.promise;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    await undefined; // dead letters that arrive in the same turn are written in the same group
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#write(Buffer.concat(group.map(({ bytes }) => bytes)));
        for (const one of group) one.resolve();
      } catch (error) {
        for (const one of group) one.reject(error);
      }
    }
    this.#writing = false;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    const over = this.#waiting.findIndex((one) => {
      bytes += one.bytes.length;
      return bytes > Math.min(GROUP_BYTES, this.#maxBytes);
    });
    return this.#waiting.splice(0, over < 0 ? this.#waiting.length : Math.max(over, 1));
  }

  async #write(bytes: Buffer): Promise<void> {
    if (appendedAs(this.#named) === 'output') await this.#device.write(bytes);
    else await this.#writeToFile(bytes);
  }

  async #writeToFile(bytes: Buffer): Promise<void> {
    this.#path = await ownTarget(this.#named);
    await this.#leave();
    for (let move = 0; move < MOVES_AT_MOST; move++) {
      const file = await openOwn(this.#path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
      try {
        const before = await file.stat();
        if (before.size > 0 && before.size + bytes.length > this.#bound) await this.#makeRoom();
        else if (await this.#appended(file, before, bytes)) return;
      } finally {
        await file.close();
      }
    }
    throw new OutspoolError(`the dead-letter file ${this.#path} is being moved away all the time`);
  }

  /** Largest size in bytes. A file behind a descriptor has none, because it is not rotated. */
  get #bound(): number {
    return isDescriptor(this.#path) ? Number.POSITIVE_INFINITY : this.#maxBytes;
  }

  /** Appends the bytes. Returns whether the file still has its name after the write. */
  async #appended(file: FileHandle, before: Stats, bytes: Buffer): Promise<boolean> {
    const data = (await endsInLine(file, before.size)) ? bytes : Buffer.concat([TORN_END, bytes]);
    const { bytesWritten } = await file.write(data);
    if (bytesWritten < data.length)
      throw new OutspoolError(
        `the dead-letter file ${this.#path} took ${bytesWritten} of ${data.length} bytes: is the disk full?`,
      );
    await syncData(file.fd).catch((error) => this.#syncFailed(before, data.length, error));
    await this.#syncName(before);
    return this.#hasName(before);
  }

  async #syncFailed(file: Stats, bytes: number, error: unknown): Promise<never> {
    this.#doubtful = { file, size: file.size === 0 ? bytes : undefined };
    await this.#leave().catch(() => {}); // if this fails, it is done before the next dead letter is written
    throw error;
  }

  /** Syncs the folder, even for a file that another process has made, because that process may have ended before its sync. */
  async #syncName(file: Stats): Promise<void> {
    if (file.size > 0 && isSame(this.#durable, file)) return;
    await (file.size === 0 ? syncName : syncNameIfAllowed)(this.#path);
    this.#durable = file;
  }

  async #hasName(file: Stats): Promise<boolean> {
    return mayBeSame(await statIfThere(this.#path), file);
  }

  /** Moves a file whose sync has failed away. If it holds nothing else, it is removed, so that repeated failures leave no files. */
  async #leave(): Promise<void> {
    if (this.#doubtful === undefined) return;
    const { file, size } = this.#doubtful;
    if (await this.#hasName(file)) {
      // One more than `maxFiles`, because this file need not be full.
      if ((await rotatedFiles(this.#path)).length >= this.#maxFiles) throw this.#full(this.#maxFiles + 1);
      const moved = await rotate(this.#path);
      // A process that has written to the file since finds that it has moved, and writes again.
      if (moved !== undefined && (await stat(moved)).size === size) await rm(moved);
    }
    this.#doubtful = undefined;
  }

  async #makeRoom(): Promise<void> {
    const files = (await rotatedFiles(this.#path)).length + 1;
    if (files >= this.#maxFiles) throw this.#full(files);
    await rotate(this.#path);
  }

  #full(files: number): OutspoolError {
    return new OutspoolError(
      `the dead-letter file ${this.#path} is full (${files} of ${this.#maxFiles} files of ${this.#maxBytes} bytes): replay it, or move its files away`,
    );
  }
}

/** Whether two files have the same inode. The system may give the inode number of a deleted file to a new one. */
const hasNumber = (one: Stats | undefined, other: Stats): one is Stats =>
  one?.ino === other.ino && one.dev === other.dev;

/** Whether two files are certainly the same. */
const isSame = (one: Stats | undefined, other: Stats): boolean =>
  hasNumber(one, other) && one.birthtimeMs === other.birthtimeMs;

/** Where a system does not know the time of birth, Node gives that of the last change, which differs after each write. */
const isBirthKnown = ({ birthtimeMs, ctimeMs }: Stats): boolean => birthtimeMs !== ctimeMs;

const mayBeSame = (one: Stats | undefined, other: Stats): boolean =>
  hasNumber(one, other) && (isSame(one, other) || !isBirthKnown(one) || !isBirthKnown(other));

async function endsInLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  await readWholeFrom(file, last, size - 1);
  return last[0] === LF;
}
