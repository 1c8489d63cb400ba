/** Keeps the settlement log up: gathers what settles in one turn of the event loop, and writes the log anew when it has grown. */

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
  /** Of the spool: a small one must not have a log larger than itself. */
  readonly maxBytes: number;
  /** All that a new log must say. */
  readonly everything: () => Iterable<SettlementEntry>;
  /** The system refused to write; it is tried again. */
  readonly onTrouble: (error: Error) => void;
}

export class SettlementBook {
  readonly #options: BookOptions;
  readonly #log: SettlementLog;
  readonly #limit: number;
  #dirty: { kind: number; first: number; last: number }[] = [];
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Resolves when the last call that makes the log durable has ended. */
  #securing: Promise<void> = Promise.resolve();
  #rewriteAt: number;

  constructor(options: BookOptions) {
    this.#options = options;
    this.#log = new SettlementLog(options.directory, options.names);
    this.#limit = Math.min(LARGEST_LIMIT, Math.max(SMALLEST_LIMIT, options.maxBytes / 16));
    this.#rewriteAt = this.#limit;
  }

  get bytes(): number {
    return this.#log.bytes;
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

  /** Writes what has been gathered. A failure is no loss: all of it is in the log that is then written anew. */
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

  /** Writes a log that says all there is to say, and nothing else. @throws SpoolWriteError */
  rewrite(): void {
    this.#log.rewrite([...this.#options.everything()]);
    this.#dirty = [];
    this.#rewriteAt = Math.max(this.#limit, 2 * this.#log.bytes);
  }

  /** The same; on a full disk the old log does until there is room, which comes as messages are delivered. @throws SpoolWriteError */
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

  /** Makes all that has settled so far durable. @throws SpoolWriteError; the log is then written anew, later or by the next call */
  secure(): Promise<void> {
    // One at a time: of two syncs of one file the system reports a failure to only one.
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

  /** @throws SpoolWriteError when something of it could not be made durable */
  async close(): Promise<void> {
    try {
      // What a failed sync should have covered is in the new file that the second call writes.
      await this.secure().catch(() => this.secure());
    } finally {
      this.abandon();
    }
  }

  /** Lets the log go. What has not been written yet never is. */
  abandon(): void {
    clearImmediate(this.#turn);
    clearTimeout(this.#retry);
    this.#log.close();
  }
}
