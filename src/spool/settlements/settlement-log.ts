/** The settlement log: what has settled, in runs, each with a CRC of its own. To lose it costs duplicates, never messages. */

import fs from 'node:fs';
import { join } from 'node:path';
import { syncDataNow } from '../../shared/files/durable.ts';
import { openOwnNow } from '../../shared/files/own-files.ts';
import type { DirectoryNames } from '../directory-names.ts';
import { closeQuietly, dataSync, NEW_FILE, readFileIfThere, removeQuietly, writeAll, writing } from '../files.ts';
import {
  decodeFileHeader,
  encodeFileHeader,
  FILE_HEADER_BYTES,
  FILE_KIND,
  newSalt,
  readSettlement,
  SETTLEMENT_BYTES,
  SETTLEMENT_KIND,
  type SettlementEntry,
  writeSettlement,
} from '../format.ts';
import { settledRun } from '../segments/segment.ts';
import type { NumberRun } from './settled-map.ts';

export const LOG_NAME = 'settlements.log';
/** Written beside the old log and renamed over it when it is whole. */
const NEW_NAME = 'settlements.log.new';

/** What a log says, and how far it could be read. */
export interface SettlementContents {
  readonly entries: readonly SettlementEntry[];
  /** Damaged entries; a damaged header counts as one. A half-written last entry is none. */
  readonly damaged: number;
  readonly exists: boolean;
}

/**
 * What has settled by the log, and by the names of files (settled-files.ts).
 * @throws SpoolError when the log is of another version, or cannot be read: then nothing is known of what has settled
 */
export function readSettlements(directory: string): SettlementContents {
  const named = settledNames(directory).map(({ run }) => ({ kind: SETTLEMENT_KIND.settled, ...run }));
  const log = readLog(join(directory, LOG_NAME));
  return { ...log, entries: [...named, ...log.entries] };
}

/** A file that is kept for what its name says: these messages have settled. */
export interface SettledName {
  readonly path: string;
  readonly run: NumberRun;
}

/** The files that are kept for what their names say. */
export function settledNames(directory: string): SettledName[] {
  return fs.readdirSync(directory).flatMap((name) => {
    const run = settledRun(name);
    return run === undefined ? [] : [{ path: join(directory, name), run }];
  });
}

function readLog(path: string): SettlementContents {
  const bytes = readFileIfThere(path);
  if (bytes === undefined) return { entries: [], damaged: 0, exists: false };
  let damaged = decodeFileHeader(bytes, path) === undefined ? 1 : 0;
  const entries: SettlementEntry[] = [];
  for (let at = FILE_HEADER_BYTES; at + SETTLEMENT_BYTES <= bytes.length; at += SETTLEMENT_BYTES) {
    const entry = readSettlement(bytes, at);
    if (entry === undefined) damaged++;
    else entries.push(entry);
  }
  return { entries, damaged, exists: true };
}

export class SettlementLog {
  readonly #path: string;
  readonly #newPath: string;
  readonly #names: DirectoryNames;
  /** Undefined while there is no file that may be appended to: at first, and after a write or a sync that failed. */
  #fd: number | undefined;
  #bytes = 0;
  /** Resolves when no sync is under way. */
  #syncing: Promise<void> = Promise.resolve();
  #buffer = Buffer.allocUnsafeSlow(64 * SETTLEMENT_BYTES);

  constructor(directory: string, names: DirectoryNames) {
    this.#path = join(directory, LOG_NAME);
    this.#newPath = join(directory, NEW_NAME);
    this.#names = names;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether entries may be appended. Otherwise only a rewrite makes anything durable. */
  get isUsable(): boolean {
    return this.#fd !== undefined;
  }

  /** Appends entries, unsynced. @throws SpoolWriteError; then the log must be rewritten */
  append(entries: readonly SettlementEntry[]): void {
    const fd = this.#fd as number;
    try {
      this.#bytes += writing(this.#path, 'write', () => writeAll(fd, [this.#encode(entries)], this.#bytes));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #encode(entries: readonly SettlementEntry[]): Buffer {
    const bytes = entries.length * SETTLEMENT_BYTES;
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(2 * bytes);
    for (const [index, entry] of entries.entries()) writeSettlement(this.#buffer, index * SETTLEMENT_BYTES, entry);
    return this.#buffer.subarray(0, bytes);
  }

  /** Puts a new log that says only this in the place of the old one. Its name is not synced yet. @throws SpoolWriteError */
  rewrite(entries: readonly SettlementEntry[]): void {
    this.close();
    const path = this.#newPath;
    writing(path, 'delete it', () => fs.rmSync(path, { force: true })); // what a crash has left
    const fd = writing(path, 'create it', () => openOwnNow(path, NEW_FILE));
    try {
      this.#bytes = writing(path, 'write', () => this.#replace(fd, entries));
      this.#fd = fd;
    } catch (error) {
      closeQuietly(fd);
      removeQuietly(path);
      throw error;
    }
  }

  #replace(fd: number, entries: readonly SettlementEntry[]): number {
    const header = encodeFileHeader({ kind: FILE_KIND.settlements, salt: newSalt(), first: 0 });
    const bytes = writeAll(fd, [header, this.#encode(entries)], 0);
    // Without this a power cut could leave the name with nothing behind it.
    syncDataNow(fd);
    fs.renameSync(this.#newPath, this.#path);
    this.#names.changed();
    return bytes;
  }

  /** Makes durable what was appended, one call at a time, and the log's name. @throws SpoolWriteError */
  async sync(): Promise<void> {
    const fd = this.#fd as number;
    const syncing = dataSync(fd, this.#path);
    this.#syncing = syncing.catch(() => {});
    await syncing.catch((error) => this.#failed(fd, error));
    await this.#names.sync();
  }

  /** What the sync should have covered is durable after all where the log was rewritten in the meantime. */
  #failed(fd: number, error: unknown): void {
    if (this.#fd !== undefined && this.#fd !== fd) return;
    this.close();
    throw error;
  }

  /** Lets the file go, once no sync of it is under way. */
  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    this.#syncing.then(() => closeQuietly(fd));
  }
}

/** The sorted, disjoint runs that the entries settle. */
export function settledRuns(entries: readonly SettlementEntry[]): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  const sound = entries.filter(({ kind, first, last }) => kind === SETTLEMENT_KIND.settled && first <= last);
  for (const { first, last } of sound.toSorted((a, b) => a.first - b.first)) {
    const end = runs.at(-1);
    if (end !== undefined && first <= end.last + 1) end.last = Math.max(end.last, last);
    else runs.push({ first, last });
  }
  return runs;
}

/** What has settled by now, as the log says it. */
export function settledBy(directory: string): { first: number; last: number }[] {
  const { entries } = readSettlements(directory);
  const marks = entries.filter(({ kind, first }) => kind === SETTLEMENT_KIND.mark && first > 0);
  const below = marks.map(({ first }) => ({ kind: SETTLEMENT_KIND.settled, first: 0, last: first - 1 }));
  return settledRuns([...below, ...entries]);
}
