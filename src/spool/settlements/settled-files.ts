/**
 * Deletes the files of settled segments, once their settlement is on disk. If a crash left neither the file nor the settlement,
 * the messages would seem lost.
 *
 * On a full disk these files take the space that the settlement log needs. Then their names record what has settled, which
 * needs no space:
 *
 *     0000000000000042.segment                     renamed, the name synced, emptied
 *     0000000000000042-0000000000000099.settled    deleted when the log is on disk
 */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { asError, SpoolWriteError } from '../../shared/errors.ts';
import { openOwnNow } from '../../shared/files/own-files.ts';
import { isThereNow } from '../../shared/files/whole-reads.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import type { DirectoryNames } from '../directory-names.ts';
import { isFullDisk, writing } from '../files.ts';
import { settledName } from '../segments/segment.ts';

const RETRY_MS = 1000;

/** A file that is not needed any more. */
export interface SettledFile {
  readonly path: string;
  readonly bytes: number;
  /** The sequence numbers that the file held. All of them have settled. */
  readonly run: NumberRun;
}

export interface SettledFilesOptions {
  readonly names: DirectoryNames;
  /** Makes all settlements so far durable. */
  readonly secure: () => Promise<void>;
  readonly onTrouble: (error: Error) => void;
  /** Called when files were deleted. */
  readonly onCleared: () => void;
}

export class SettledFiles {
  readonly #options: SettledFilesOptions;
  #files: SettledFile[] = [];
  /** Files that must be kept, because their settlement is not durable yet. */
  #kept: SettledFile[] = [];
  #clearing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SettledFilesOptions) {
    this.#options = options;
  }

  /** Bytes of the files that must be kept for now. */
  get keptBytes(): number {
    return this.#kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  add(file: SettledFile): void {
    this.#files.push(file);
    this.#clearing ??= this.#clear();
  }

  /** Resolves when all files that can be deleted now are deleted. */
  async finish(): Promise<void> {
    await this.#clearing;
    if (this.#kept.length > 0) {
      this.#clearing ??= this.#clear();
      await this.#clearing;
    }
    clearTimeout(this.#retry);
  }

  /** Resolves when no file is being deleted any more. Files that are left stay. */
  async stop(): Promise<void> {
    this.#files = [];
    await this.#clearing;
    clearTimeout(this.#retry);
  }

  async #clear(): Promise<void> {
    // Segments that settle in the same turn of the event loop are deleted together.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      const files = [...this.#kept, ...this.#files.splice(0)];
      if (files.length > 0) await this.#clearOnce(files);
    } while (this.#files.length > 0);
    this.#clearing = undefined;
    if (this.#kept.length > 0) this.#later();
  }

  #later(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#clearing ??= this.#clear();
    }, RETRY_MS).unref();
  }

  async #clearOnce(files: readonly SettledFile[]): Promise<void> {
    this.#kept = [...files];
    const error = await this.#attempt(this.#options.secure);
    if (error !== undefined && !(await this.#secureOnFullDisk(error))) return;
    for (const { path } of this.#kept.splice(0)) await this.#attempt(() => fs.promises.rm(path, { force: true }));
    this.#options.onCleared();
    this.#options.names.changed();
    await this.#attempt(() => this.#options.names.sync());
  }

  /** Makes the settlements durable on a full disk. Returns whether that succeeded. */
  async #secureOnFullDisk(error: Error): Promise<boolean> {
    if (!(error instanceof SpoolWriteError) || !isFullDisk(error.systemCode)) return false;
    const steps = [() => this.#rename(), () => this.#options.names.sync(), () => this.#empty(), this.#options.secure];
    for (const step of steps) if ((await this.#attempt(async () => step())) !== undefined) return false;
    return true;
  }

  #rename(): void {
    const { names } = this.#options;
    this.#kept = this.#kept.filter(({ path }) => isThereNow(path));
    for (const [index, file] of this.#kept.entries()) {
      const path = join(dirname(file.path), settledName(file.run));
      if (path === file.path) continue;
      writing(file.path, 'rename it', () => fs.renameSync(file.path, path));
      this.#kept[index] = { ...file, path };
      names.changed();
    }
  }

  #empty(): void {
    for (const [index, file] of this.#kept.entries()) {
      if (file.bytes === 0) continue;
      writing(file.path, 'empty it', () => emptied(file.path));
      this.#kept[index] = { ...file, bytes: 0 };
    }
  }

  async #attempt(act: () => Promise<void>): Promise<Error | undefined> {
    try {
      await act();
      return undefined;
    } catch (error) {
      this.#options.onTrouble(asError(error));
      return asError(error);
    }
  }
}

/** Empties a file through a descriptor, because its name may have become a link. */
function emptied(path: string): void {
  const fd = openOwnNow(path, fs.constants.O_RDWR);
  try {
    fs.ftruncateSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
