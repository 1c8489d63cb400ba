/**
 * Deletes the files of segments that have settled, once that is on disk: if a crash left neither the file nor the
 * settlement, the messages would pass for lost.
 */

import fs from 'node:fs';
import { asError } from '../../errors.ts';

export interface SettledFilesOptions {
  /** Makes what has settled so far durable. */
  readonly secure: () => Promise<void>;
  readonly onTrouble: (error: Error) => void;
}

export class SettledFiles {
  readonly #options: SettledFilesOptions;
  #paths: string[] = [];
  #clearing: Promise<void> | undefined;

  constructor(options: SettledFilesOptions) {
    this.#options = options;
  }

  add(path: string): void {
    this.#paths.push(path);
    this.#clearing ??= this.#clear();
  }

  /** Resolves when all are gone. */
  async finish(): Promise<void> {
    await this.#clearing;
  }

  async #clear(): Promise<void> {
    // What settles in this turn goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#paths.length > 0) {
      const paths = this.#paths;
      this.#paths = [];
      const secured = await this.#attempt(this.#options.secure);
      for (const path of paths) await this.#attempt(() => fs.promises.rm(path, { force: true }));
      // On a full disk it is these files that take the room which the log needs.
      if (!secured) await this.#attempt(this.#options.secure);
    }
    this.#clearing = undefined;
  }

  async #attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.#options.onTrouble(asError(error));
      return false;
    }
  }
}
