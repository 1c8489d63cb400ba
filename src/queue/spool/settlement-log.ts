/** The settlement log: what has settled, in runs, each with a CRC of its own. To lose it costs duplicates, never messages. */

import fs from 'node:fs';
import { join } from 'node:path';
import { closeQuietly, dataSync, FILE_MODE, readFileIfThere, writeAll, writing } from './files.ts';
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
} from './format.ts';

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

/** @throws SpoolError when the log is of another version, or cannot be read: then nothing is known of what has settled */
export function readSettlements(directory: string): SettlementContents {
  const path = join(directory, LOG_NAME);
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
  readonly #directory: string;
  readonly #path: string;
  #fd: number | undefined;
  #bytes = 0;
  #syncing: Promise<void> = Promise.resolve();
  #buffer = Buffer.allocUnsafeSlow(64 * SETTLEMENT_BYTES);

  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, LOG_NAME);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends entries, unsynced. @throws SpoolWriteError, and the log is as it was */
  append(entries: readonly SettlementEntry[]): void {
    const fd = this.#fd as number;
    try {
      this.#bytes += writing(this.#path, 'write', () => writeAll(fd, [this.#encode(entries)], this.#bytes));
    } catch (error) {
      fs.ftruncateSync(fd, this.#bytes);
      throw error;
    }
  }

  #encode(entries: readonly SettlementEntry[]): Buffer {
    const bytes = entries.length * SETTLEMENT_BYTES;
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(2 * bytes);
    for (const [index, entry] of entries.entries()) writeSettlement(this.#buffer, index * SETTLEMENT_BYTES, entry);
    return this.#buffer.subarray(0, bytes);
  }

  /** Puts a log in the place of the old one that says only this. Durable when it returns. @throws SpoolWriteError */
  rewrite(entries: readonly SettlementEntry[]): void {
    const path = join(this.#directory, NEW_NAME);
    const fd = writing(path, 'create it', () => fs.openSync(path, 'w+', FILE_MODE));
    try {
      const bytes = writing(path, 'write', () => this.#replace(fd, path, entries));
      this.#let(this.#fd);
      this.#fd = fd;
      this.#bytes = bytes;
    } catch (error) {
      closeQuietly(fd);
      fs.rmSync(path, { force: true });
      throw error;
    }
  }

  #replace(fd: number, path: string, entries: readonly SettlementEntry[]): number {
    const header = encodeFileHeader({ kind: FILE_KIND.settlements, salt: newSalt(), first: 0 });
    const bytes = writeAll(fd, [header, this.#encode(entries)], 0);
    // Without this a power cut could leave the name with nothing behind it.
    fs.fdatasyncSync(fd);
    fs.renameSync(path, this.#path);
    return bytes;
  }

  /** Makes durable what was appended. @throws SpoolWriteError */
  async sync(): Promise<void> {
    if (this.#fd === undefined) return;
    this.#syncing = dataSync(this.#fd, this.#path);
    await this.#syncing;
  }

  /** Lets a file go, once nothing is done to it any more. */
  #let(fd: number | undefined): void {
    const close = () => closeQuietly(fd);
    this.#syncing.then(close, close);
  }

  close(): void {
    this.#let(this.#fd);
    this.#fd = undefined;
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
