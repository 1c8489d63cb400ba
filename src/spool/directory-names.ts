/** Tracks and syncs the names in a spool's directory: those of new and renamed files, and the absence of deleted ones. */

import { syncDirectory } from '../shared/files/durable.ts';
import { writeError } from './files.ts';

export class DirectoryNames {
  readonly #directory: string;
  /** Number of changes so far. The first `#synced` of them are on disk. */
  #changes = 0;
  #synced = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Records that a file was created, renamed or deleted. */
  changed(): void {
    this.#changes++;
  }

  /** Makes the changes so far durable. If a sync fails, the next call repeats it. @throws SpoolWriteError */
  async sync(): Promise<void> {
    const changes = this.#changes;
    if (changes === this.#synced) return;
    await syncDirectory(this.#directory).catch((error) => {
      throw writeError(error, this.#directory, 'sync');
    });
    this.#synced = Math.max(this.#synced, changes);
  }
}
