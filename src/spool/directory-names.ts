/** Whether the names in a spool's directory are on disk: those of new and renamed files, and that deleted ones are gone. */

import { syncDirectory } from '../shared/files/durable.ts';
import { writeError } from './files.ts';

export class DirectoryNames {
  readonly #directory: string;
  /** Counts the changes; those up to `#synced` are on disk. */
  #changes = 0;
  #synced = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A file was created, renamed or deleted. */
  changed(): void {
    this.#changes++;
  }

  /** Makes the changes so far durable. One that failed is done again by the next call. @throws SpoolWriteError */
  async sync(): Promise<void> {
    const changes = this.#changes;
    if (changes === this.#synced) return;
    await syncDirectory(this.#directory).catch((error) => {
      throw writeError(error, this.#directory, 'sync');
    });
    this.#synced = Math.max(this.#synced, changes);
  }
}
