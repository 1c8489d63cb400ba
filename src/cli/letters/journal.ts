/** Which letters of a file have been delivered already: their ids, a line each, beside it. What makes a replay resumable. */

import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { type Deferred, deferred } from '../../deferred.ts';
import { unreadable } from './read-letters.ts';
import { writing } from './writing.ts';

export const journalOf = (file: string): string => `${file}.done`;

const LF = 0x0a;

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw unreadable(path, error);
  }
}

/** The ids of what has been delivered. A line that was cut short by a crash is none. */
export async function deliveredOf(file: string): Promise<Set<string>> {
  const content = await contentOf(journalOf(file));
  const ids = content
    .subarray(0, content.lastIndexOf(LF) + 1)
    .toString('utf8')
    .split('\n');
  return new Set(ids.filter((id) => id !== '').map((id) => id.trim()));
}

export class Journal {
  readonly #file: FileHandle;
  readonly #path: string;
  #ids: string[] = [];
  #written: Deferred<void> = deferred();
  #writing = false;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  static async open(file: string): Promise<Journal> {
    const path = journalOf(file);
    const content = await contentOf(path);
    return writing(path, async () => {
      const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
      if (content.length > 0 && content.at(-1) !== LF) await handle.write('\n');
      return new Journal(handle, path);
    });
  }

  /** Resolves when the id is on disk; those that come together are written together. */
  add(id: string): Promise<void> {
    this.#ids.push(id);
    const { promise } = this.#written;
    if (!this.#writing) void this.#writeAll();
    return promise;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#ids.length > 0) {
      const ids = this.#ids;
      const written = this.#written;
      this.#ids = [];
      this.#written = deferred();
      try {
        await writing(this.#path, async () => {
          await this.#file.appendFile(`${ids.join('\n')}\n`);
          await this.#file.datasync();
        });
        written.resolve();
      } catch (error) {
        written.reject(error);
      }
    }
    this.#writing = false;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
