/**
 * Keeps the settlement log up to date. It gathers the settlements of one turn of the event loop, and rewrites the log when it
 * has grown.
 */

import { asError, SpoolWriteError } from '../../shared/errors.ts';
import type { DirectoryNames } from '../directory-names.ts';
import { isFullDisk } from '../files.ts';
import { SETTLEMENT_KIND, type SettlementEntry } from '../format.ts';
import { SettlementLog } from './settlement-log.ts';

const SMALLEST_LIMIT = 64 * 1024;
const LARGEST_LIMIT = 4 * 1024 * 1024;
const RETRY_MS = 1000;

export interface BookOptions {
  readonly directory: string;
  readonly names: DirectoryNames;
  /** Maximum size of the spool in bytes. A small spool must not have a log larger than itself. */
  readonly maxBytes: number;
  /** Yields every entry that a new log must have. */
  readonly everything: () => Iterable<SettlementEntry>;
  /** Called when the system refused a write, which is tried again. */
  readonly onTrouble: (error: Error) => void;
}

export class SettlementBook {
  readonly #options: BookOptions;
  readonly #log: SettlementLog;
  readonly #limit: number;
  #dirty: { kind: number; first: number; last: number }[] = [];
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Resolves when the last call of `secure` has ended. */
  #securing: Promise<void> = Promise.resolve();
  #rewriteAt: number;

  constructor(options: BookOptions) {
    this.#options = options;
    this.#log = new SettlementLog(options.directory, options.names);
    this.#limit = Math.min(LARGEST_LIMIT, Math.max(SMALLEST_LIMIT, options.maxBytes / 16));
    this.#rewriteAt = this.#limit;
  }

  settled(first: number, last: number): void {
    const run = this.#dirty.at(-1);
    if (run?.kind === SETTLEMENT_KIND.settled && run.last + 1 === first) run.last = last;
    else this.#add(SETTLEMENT_KIND.settled, first, last);
  }

  mark(base: number, confirmed: number): void {
    this.#add(SETTLEMENT_KIND.mark, base, confirmed);
  }

  #add(kind: number, first: number, last: number): void {
    this.#dirty.push({ kind, first, last });
    this.#turn ??= setImmediate(() => this.flush());
  }

  /** Writes the gathered entries. A failure loses nothing, because the log is then rewritten with all of them. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const entries = this.#dirty;
    this.#dirty = [];
    if (entries.length === 0 || !this.#log.isUsable) return;
    this.#trying(() => {
      this.#log.append(entries);
      if (this.#log.bytes > this.#rewriteAt) this.rewrite();
    });
  }

  /** Replaces the log by one with only the entries that are still needed. @throws SpoolWriteError */
  rewrite(): void {
    this.#log.rewrite([...this.#options.everything()]);
    this.#dirty = [];
    this.#rewriteAt = Math.max(this.#limit, 2 * this.#log.bytes);
  }

  /**
   * Rewrites the log as `rewrite` does. On a full disk it keeps the old log until there is space, which deliveries free.
   * @throws SpoolWriteError for any other failure
   */
  begin(): void {
    try {
      this.rewrite();
    } catch (error) {
      if (!(error instanceof SpoolWriteError) || !isFullDisk(error.systemCode)) throw error;
      this.#later();
      this.#options.onTrouble(error);
    }
  }

  #trying(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#later();
      this.#options.onTrouble(asError(error));
    }
  }

  #later(): void {
    this.#retry ??= setTimeout(() => this.#tryAgain(), RETRY_MS).unref();
  }

  #tryAgain(): void {
    this.#retry = undefined;
    if (!this.#log.isUsable) this.#trying(() => this.rewrite());
  }

  /** Makes all settlements so far durable. @throws SpoolWriteError; the log is then rewritten, later or by the next call */
  secure(): Promise<void> {
    // Only one sync runs at a time. If two run on one file, the system reports a failure to only one of them.
    const securing = this.#securing.then(() => this.#secure());
    this.#securing = securing.catch(() => {});
    return securing;
  }

  async #secure(): Promise<void> {
    this.flush();
    try {
      if (!this.#log.isUsable) this.rewrite();
      await this.#log.sync();
    } catch (error) {
      if (!this.#log.isUsable) this.#later();
      throw error;
    }
  }

  /** Makes all settlements durable and closes the log. @throws SpoolWriteError when something could not be made durable */
  async close(): Promise<void> {
    try {
      // After a failed sync, the second call writes a new file with the entries that the first one should have covered.
      await this.secure().catch(() => this.secure());
    } finally {
      this.abandon();
    }
  }

  /** Closes the log. Entries that are not written yet never are. */
  abandon(): void {
    clearImmediate(this.#turn);
    clearTimeout(this.#retry);
    this.#log.close();
  }
}
