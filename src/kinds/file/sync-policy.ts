/** When what has been written is taken to the disk: at once, at intervals, or whenever the system likes. */

import { parseDuration } from '../../config/schema/duration.ts';
import { asError } from '../../shared/errors.ts';
import type { FileConfig } from './schema.ts';

export interface SyncContext {
  /** Takes what has been written to the disk. */
  sync(): Promise<void>;
  /** A sync at an interval has failed: what had counted as delivered may be lost. */
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

  /** Resolves when what was written counts as delivered. */
  async wrote(): Promise<void> {
    if (this.#when === 'always') await this.#context.sync();
    if (this.#when === 'interval') this.#timer ??= setTimeout(() => void this.finish(), this.#intervalMs).unref();
  }

  /** Does now what the interval would do later. */
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
