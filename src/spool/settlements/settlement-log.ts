/**
 * The settlement log: the runs of sequence numbers that have settled, each with a CRC of its own. Losing it costs duplicates,
 * never messages.
 *
 *     file header │ settled 0–41 │ mark 42, 90 │ settled 50–57 │ ...     24 bytes an entry
 *
 * A mark records that all messages below 42 have settled, and that all below 90 were confirmed.
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { syncDataNow } from '../../shared/files/durable.ts';
import { openOwnNow } from '../../shared/files/own-files.ts';
import { type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';
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

export const LOG_NAME = 'settlements.log';
/** Name of a new log, which is renamed over the old one when it is complete. */
const NEW_NAME = 'settlements.log.new';

/** Entries of a log, and how much of it could be read. */
export interface SettlementContents {
  readonly entries: readonly SettlementEntry[];
  /** Number of damaged entries. A damaged header counts as one. A half-written last entry does not count. */
  readonly damaged: number;
  readonly exists: boolean;
}

/**
 * Reads what has settled from the log and from the names of files (settled-files.ts).
 * @throws SpoolError when the log is of another version, or cannot be read. Nothing is known then of what has settled.
 */
export function readSettlements(directory: string): SettlementContents {
  const named = settledNames(directory).map(({ run: [first, last] }) => ({
    kind: SETTLEMENT_KIND.settled,
    first,
    last,
  }));
  const log = readLog(join(directory, LOG_NAME));
  return { ...log, entries: [...named, ...log.entries] };
}

/** A file that is kept only for its name, which records that these messages have settled. */
export interface SettledName {
  readonly path: string;
  readonly run: NumberRun;
}

/** Lists the files that are kept only for their names. */
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
  /** Undefined while no file may be appended to, which is at first and after a failed write or sync. */
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

  /** Whether entries may be appended. Otherwise only a rewrite makes entries durable. */
  get isUsable(): boolean {
    return this.#fd !== undefined;
  }

  /** Appends entries without a sync. @throws SpoolWriteError; then the log must be rewritten */
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

  /** Replaces the log by a new one with only these entries. Its name is not synced yet. @throws SpoolWriteError */
  rewrite(entries: readonly SettlementEntry[]): void {
    this.close();
    const path = this.#newPath;
    writing(path, 'delete it', () => fs.rmSync(path, { force: true })); // left over from a crash
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
    // Without this sync, a power cut could leave the name with no content.
    syncDataNow(fd);
    fs.renameSync(this.#newPath, this.#path);
    this.#names.changed();
    return bytes;
  }

  /** Makes the appended entries and the log's name durable, one call at a time. @throws SpoolWriteError */
  async sync(): Promise<void> {
    const fd = this.#fd as number;
    const syncing = dataSync(fd, this.#path);
    this.#syncing = syncing.catch(() => {});
    await syncing.catch((error) => this.#failed(fd, error));
    await this.#names.sync();
  }

  /** Handles a failed sync. If the log was rewritten meanwhile, the new file already holds what the sync should have covered. */
  #failed(fd: number, error: unknown): void {
    if (this.#fd !== undefined && this.#fd !== fd) return;
    this.close();
    throw error;
  }

  /** Closes the file, once no sync of it is under way. */
  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    this.#syncing.then(() => closeQuietly(fd));
  }
}

/** Returns the runs that the entries settle, sorted and disjoint. */
export const settledRuns = (entries: readonly SettlementEntry[]): readonly NumberRun[] =>
  joined(entries.filter(({ kind }) => kind === SETTLEMENT_KIND.settled).map(({ first, last }) => [first, last]));

/** Sorts and joins runs. Those that end before they begin are left out. */
export const joined = (runs: readonly NumberRun[]): readonly NumberRun[] =>
  new NumberRuns(runs.filter(([first, last]) => first <= last).sort(([a], [b]) => a - b)).all;

/** Returns everything that has settled by now according to the log. */
export function settledBy(directory: string): readonly NumberRun[] {
  const { entries } = readSettlements(directory);
  const marks = entries.filter(({ kind, first }) => kind === SETTLEMENT_KIND.mark && first > 0);
  return joined([...marks.map(({ first }) => [0, first - 1] as const), ...settledRuns(entries)]);
}
