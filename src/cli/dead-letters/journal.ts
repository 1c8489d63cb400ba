/** Stores which dead letters of a file were delivered, one id a line next to the file, so that a replay can be resumed. */

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { replace, syncData, writeDurably } from '../../shared/files/durable.ts';
import { openOwn, readOwn } from '../../shared/files/own-files.ts';
import { undefinedIfMissing } from '../../shared/files/whole-reads.ts';
import { type Deferred, deferred } from '../../shared/util/deferred.ts';
import { unreadable } from './read-letters.ts';
import { writing } from './writing.ts';

export const journalOf = (file: string): string => `${file}.done`;

const nextOf = (journal: string): string => `${journal}.next`;

const LF = 0x0a;

/** Maximum size of a journal in bytes. It has room for six million ids. */
const MOST_BYTES = 256 * 2 ** 20;

/** @throws UsageError for a file that may be of another user's making, or cannot be read */
async function contentOf(path: string): Promise<Buffer> {
  try {
    return (await readOwn(path, MOST_BYTES).catch(undefinedIfMissing)) ?? Buffer.alloc(0);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Returns the ids of the delivered dead letters of a file. */
export const deliveredOf = (file: string): Promise<Set<string>> => readJournal(journalOf(file));

/** Returns the ids in a journal. A line that a crash cut short does not count. */
export async function readJournal(path: string): Promise<Set<string>> {
  const content = await contentOf(path);
  const ids = content
    .subarray(0, content.lastIndexOf(LF) + 1)
    .toString('utf8')
    .split('\n');
  return new Set(ids.filter((id) => id !== '').map((id) => id.trim()));
}

export class Journal {
  readonly #path: string;
  /** Whole content of the journal. */
  readonly #content: Buffer[];
  /** Undefined after a failed write or sync, because only a new file can be trusted then. */
  #file: FileHandle | undefined;
  #ids: string[] = [];
  #written: Deferred<void> = deferred();
  #writing = false;

  private constructor(path: string, content: Buffer) {
    this.#path = path;
    this.#content = [content];
  }

  static async open(file: string): Promise<Journal> {
    const path = journalOf(file);
    const content = await contentOf(path);
    const journal = new Journal(path, content.subarray(0, content.lastIndexOf(LF) + 1));
    await writing(path, () => journal.#begin());
    return journal;
  }

  async #begin(): Promise<void> {
    await writeDurably(nextOf(this.#path), (file) => file.appendFile(Buffer.concat(this.#content)));
    await replace(this.#path, nextOf(this.#path));
    this.#file = await openOwn(this.#path, constants.O_WRONLY | constants.O_APPEND);
  }

  /** Resolves when the id is on disk. Ids that are added meanwhile are written together. */
  add(id: string): Promise<void> {
    this.#ids.push(id);
    const { promise } = this.#written;
    if (!this.#writing) void this.#writeAll();
    return promise;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#ids.length > 0) {
      const lines = Buffer.from(`${this.#ids.join('\n')}\n`);
      const written = this.#written;
      this.#ids = [];
      this.#written = deferred();
      await writing(this.#path, () => this.#write(lines)).then(written.resolve, written.reject);
    }
    this.#writing = false;
  }

  /** Appends lines. If that fails, it writes them once more, with the whole content, to a new file. */
  async #write(lines: Buffer): Promise<void> {
    this.#content.push(lines);
    const isWritten = this.#file !== undefined && (await this.#appended(this.#file, lines));
    if (!isWritten) await this.#begin();
  }

  async #appended(file: FileHandle, lines: Buffer): Promise<boolean> {
    try {
      await file.appendFile(lines);
      await syncData(file.fd);
      return true;
    } catch {
      this.#file = undefined;
      await file.close().catch(() => {});
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
