/** Decides when written lines are synced to disk: at once, at intervals, or when the operating system chooses. */

import { parseDuration } from '../../config/schema/duration.ts';
import { asError } from '../../shared/errors.ts';
import type { FileConfig } from './schema.ts';

export interface SyncContext {
  /** Syncs the written lines to disk. */
  sync(): Promise<void>;
  /** Reports that a sync at an interval has failed. Lines that had counted as delivered may be lost. */
  failed(error: Error): void;
}

export class SyncPolicy {
  readonly #context: SyncContext;
  readonly #when: FileConfig['sync'];
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ sync, sync_interval }: Pick<FileConfig, 'sync' | 'sync_interval'>, context: SyncContext) {
    this.#context = context;
    this.#when = sync;
    this.#intervalMs = parseDuration(sync_interval);
  }

  /** Resolves when the written lines count as delivered. */
  async wrote(): Promise<void> {
    if (this.#when === 'always') await this.#context.sync();
    if (this.#when === 'interval') this.#timer ??= setTimeout(() => void this.finish(), this.#intervalMs).unref();
  }

  /** Runs a sync that is due at the end of the interval now. */
  async finish(): Promise<void> {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.#context.sync();
    } catch (error) {
      this.#context.failed(asError(error));
    }
  }
}
