/** Appends to the file at a path. Reopens it when the path leads elsewhere (logrotate), and rotates it when it is full. */

import { rm } from 'node:fs/promises';
import { parseSize } from '../../config/schema/size.ts';
import { asError, TransientSendError } from '../../shared/errors.ts';
import { rotate, rotatedFiles } from '../../shared/files/file-rotation.ts';
import { ownTarget } from '../../shared/files/own-files.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { OpenFile } from './open-file.ts';
import type { FileConfig } from './schema.ts';
import { SyncPolicy } from './sync-policy.ts';

type Settings = Pick<FileConfig, 'path' | 'sync' | 'sync_interval' | 'max_bytes' | 'keep_files'>;

export class AppendFile {
  readonly #settings: Settings;
  readonly #maxBytes: number;
  readonly #log: Logger;
  readonly #policy: SyncPolicy;
  #file: OpenFile | undefined;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Set while a file whose sync failed is being replaced. */
  #leaving: Promise<void> | undefined;

  constructor(settings: Settings, log: Logger) {
    this.#settings = settings;
    this.#maxBytes = settings.max_bytes === undefined ? Number.POSITIVE_INFINITY : parseSize(settings.max_bytes);
    this.#log = log;
    this.#policy = new SyncPolicy(settings, {
      sync: async () => this.#file?.sync(),
      failed: () => void this.#inTurn(() => this.#leaveIfDoubtful()).catch((error) => this.#lost(asError(error))),
    });
  }

  async open(): Promise<void> {
    await this.#opened();
  }

  async #opened(): Promise<OpenFile> {
    const file = await OpenFile.open(this.#settings.path, this.#log);
    this.#file = file;
    return file;
  }

  /**
   * Resolves when all of the lines count as delivered. When it rejects, none of them does, though a failed sync or a removed file
   * may leave some of them behind. Calls run one after the other, even while an abandoned attempt still writes.
   */
  append(lines: Buffer): Promise<void> {
    return this.#inTurn(() => this.#append(lines));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #append(lines: Buffer): Promise<void> {
    // An abandoned attempt may arrive after `close`, and would open the file once more.
    if (this.#isClosed) throw new TransientSendError(`${this.#settings.path} has been closed`);
    const file = await this.#withRoom(lines.length);
    try {
      await file.append(lines);
      await this.#policy.wrote();
    } catch (error) {
      if (file.isDoubtful)
        await this.#leaveIfDoubtful().catch(() => {}); // on failure it is tried again before the next write
      // The next attempt opens the file again, and repairs an unfinished line.
      else await this.#release();
      throw error;
    }
    if (await file.isRemoved())
      throw new TransientSendError(`${this.#settings.path} was removed while it was written to`);
  }

  /** Replaces the file after a failed sync, and writes again the delivered lines that no sync has covered. */
  #leaveIfDoubtful(): Promise<void> {
    this.#leaving ??= this.#leave().finally(() => {
      this.#leaving = undefined;
    });
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    const file = this.#file;
    if (!file?.isDoubtful) return;
    const moved = await file.moveAway();
    const next = this.#settings.sync === 'interval' ? await OpenFile.open(this.#settings.path, this.#log) : undefined;
    const isCopied = next === undefined || (await this.#isCopied(file, next));
    this.#file = next;
    try {
      await next?.sync();
      if (moved !== undefined && isCopied) await file.discard(moved).catch(() => {}); // duplicates lose nothing
    } finally {
      await file.close();
    }
    if (next === undefined) return;
    this.#log.warn({ path: this.#settings.path }, 'a sync failed: what it should have covered is in a new file');
  }

  async #isCopied(file: OpenFile, next: OpenFile): Promise<boolean> {
    try {
      await file.copyTo(next);
      return true;
    } catch (error) {
      this.#lost(asError(error));
      return false;
    }
  }

  #lost({ message: err }: Error): void {
    const { path, sync } = this.#settings;
    const text = 'the disk did not take what had counted as delivered since the last sync';
    if (sync === 'interval') this.#log.error({ path, err }, text);
  }

  async #withRoom(bytes: number): Promise<OpenFile> {
    await this.#leaveIfDoubtful();
    const file = this.#file;
    const size = await file?.sizeIfNamed();
    const isFull = file?.isRotatable && size !== undefined && size > 0 && size + bytes > this.#maxBytes;
    if (file !== undefined && size !== undefined && !isFull) return file;
    await this.#policy.finish();
    if (this.#file?.isDoubtful) return this.#withRoom(bytes);
    await this.#letGo();
    if (size !== undefined) await this.#rotate();
    return this.#opened();
  }

  async #rotate(): Promise<void> {
    const { keep_files: kept } = this.#settings;
    const path = await ownTarget(this.#settings.path);
    await rotate(path);
    if (kept === undefined) return;
    const full = await rotatedFiles(path);
    for (const file of full.slice(0, Math.max(0, full.length - kept))) await rm(file, { force: true });
  }

  /** Closes the file permanently, after the writes that were called before. Safe when it is not open. */
  close(): Promise<void> {
    return this.#inTurn(() => {
      this.#isClosed = true;
      return this.#release();
    });
  }

  async #release(): Promise<void> {
    await this.#policy.finish();
    const leave = () => this.#leaveIfDoubtful();
    await leave()
      .catch(leave)
      .catch((error) => this.#lost(asError(error)));
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
