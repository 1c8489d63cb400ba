/** A file that is open for appending whole lines. A piece that cannot be written whole is removed again. */

import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransientSendError } from '../../shared/errors.ts';
import { isDescriptor } from '../../shared/files/descriptor-path.ts';
import { syncData, syncName, syncNameIfAllowed } from '../../shared/files/durable.ts';
import { rotate } from '../../shared/files/file-rotation.ts';
import { appendedAs } from '../../shared/files/output-device.ts';
import { OWN_MODE, ownTarget, undoUmask } from '../../shared/files/own-files.ts';
import { readWholeFrom, statIfThere } from '../../shared/files/whole-reads.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { FileLock } from './file-lock.ts';
import { MARK, type Mending, mendingOf } from './mend.ts';

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0 } = constants;
const LF = 0x0a;
const PIECE_BYTES = 8 * 2 ** 20;
/** Time, in ms, after which a line that another process is writing now is complete. */
const WRITTEN_BY_THEN_MS = 50;

interface Around {
  readonly lock: FileLock;
  readonly log: Logger;
  readonly isRotatable: boolean;
  readonly isDevice: boolean;
}

export class OpenFile {
  /** Whether the file can be renamed for a new one, which a device and the path of a descriptor cannot. */
  readonly isRotatable: boolean;
  /** A terminal or `/dev/null`, which has no disk to sync. */
  readonly #isDevice: boolean;
  readonly #file: FileHandle;
  readonly #lock: FileLock;
  readonly #log: Logger;
  readonly #path: string;
  /** Offset, in bytes, after our last line. */
  #end = 0;
  /** Offset, in bytes, up to which no line need be written again: the file had those bytes at the start, or they were synced. */
  #covered = 0;
  /** Bytes that this object has written to the file. */
  #written = 0;
  #isDoubtful = false;
  #syncing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, { lock, log, isRotatable, isDevice }: Around) {
    this.#path = path;
    this.#file = file;
    this.isRotatable = isRotatable;
    this.#isDevice = isDevice;
    this.#lock = lock;
    this.#log = log;
  }

  /** Opens the file, creates it where it is missing, and repairs its end. @throws the system's errors, TransientSendError */
  static async open(path: string, log: Logger): Promise<OpenFile> {
    const target = await ownTarget(path);
    await refuseOthers(target);
    const hasName = !isDescriptor(target);
    const file = await open(target, O_RDWR | O_APPEND | O_CREAT | (hasName ? O_NOFOLLOW : 0), OWN_MODE);
    try {
      const found = await file.stat();
      if (found.isFile() && found.size === 0) await undoUmask(file, found);
      const kind = { isRotatable: hasName && found.isFile(), isDevice: found.isCharacterDevice() };
      const opened = new OpenFile(path, file, { lock: await FileLock.share(file.fd), log, ...kind });
      const { size } = await file.stat();
      // Also for a file that another process created, because that process may have ended before its sync.
      await (size === 0 ? syncName : syncNameIfAllowed)(target);
      if (size > 0) await opened.#mend();
      opened.#end = opened.#covered = (await file.stat()).size;
      return opened;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Whether a sync of the file has failed. A later sync may succeed although some bytes are not on disk. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Returns the file's size in bytes, or undefined when the path does not lead to it any more. @throws the system's errors */
  async sizeIfNamed(): Promise<number | undefined> {
    const [named, ours] = await Promise.all([statIfThere(this.#path), this.#file.stat()]);
    return named !== undefined && named.ino === ours.ino && named.dev === ours.dev ? ours.size : undefined;
  }

  /** Appends all of the bytes or none, unless the process crashes meanwhile. @throws the system's errors */
  async append(bytes: Buffer): Promise<void> {
    const { size } = await this.#file.stat();
    let done = 0;
    try {
      while (done < bytes.length) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done);
        if (bytesWritten === 0) throw new TransientSendError(`${this.#path} takes no more bytes`);
        done += bytesWritten;
      }
    } catch (error) {
      if (done > 0) await this.#takeBack(size + done, size);
      throw error;
    }
    this.#end = size + done;
    this.#written += done;
  }

  /** Cuts off a partly written piece if no other process can have written after it. */
  async #takeBack(from: number, to: number): Promise<void> {
    await this.#lock.whileAlone(async () => {
      const { size } = await this.#file.stat();
      if (size === from) await this.#file.truncate(to);
    });
  }

  async #mend(): Promise<void> {
    const mending = await this.#inspect();
    if (mending.way === 'nothing') return;
    const isMended = await this.#lock.whileAlone(async () => this.#do(await this.#inspect()));
    if (isMended) return;
    const { size: before } = await this.#file.stat();
    await sleep(WRITTEN_BY_THEN_MS);
    const { size: after } = await this.#file.stat();
    if (before !== after || (await this.#inspect()).way === 'nothing') return;
    await this.#do(mending.way === 'cut' ? { way: 'append', bytes: MARK } : mending);
  }

  async #inspect(): Promise<Mending> {
    return mendingOf(this.#file, (await this.#file.stat()).size);
  }

  async #do(mending: Mending): Promise<void> {
    if (mending.way === 'append') await this.#file.write(mending.bytes);
    if (mending.way !== 'cut') return;
    await this.#file.truncate(mending.size);
    const fields = { path: this.#path, bytes: mending.bytes };
    this.#log.warn(fields, 'cut off what a crash or a full disk had left of the last line');
  }

  /** Syncs one call at a time, because the system reports a failure to only one of two. @throws the system's error */
  sync(): Promise<void> {
    const syncing = this.#syncing.then(() => this.#sync());
    this.#syncing = syncing.catch(() => {});
    return syncing;
  }

  async #sync(): Promise<void> {
    if (this.#isDoubtful) throw new TransientSendError(`a sync of ${this.#path} has failed before`);
    const end = this.#end;
    try {
      if (!this.#isDevice) await syncData(this.#file.fd);
      this.#covered = end;
    } catch (error) {
      this.#isDoubtful = true;
      throw error;
    }
  }

  /** Renames the file, if the path still leads to it, and returns its new name. */
  async moveAway(): Promise<string | undefined> {
    return (await this.sizeIfNamed()) === undefined ? undefined : rotate(await ownTarget(this.#path));
  }

  /** Appends to another file the bytes that no sync has covered, in pieces that end with a line. */
  async copyTo(other: OpenFile): Promise<void> {
    const { size } = await this.#file.stat();
    for (let at = this.#covered; at < size; ) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - at));
      const bytesRead = await readWholeFrom(this.#file, piece, at);
      if (bytesRead === 0) return;
      const lines = piece.lastIndexOf(LF, bytesRead - 1) + 1;
      await other.append(piece.subarray(0, lines || bytesRead));
      at += lines || bytesRead;
    }
  }

  /** Removes this file, now named `moved`, if it holds only our own lines. Those are in another file, or not delivered. */
  async discard(moved: string): Promise<void> {
    await this.#lock.whileAlone(async () => {
      const { size } = await this.#file.stat();
      if (this.#covered === 0 && size === this.#written) await rm(moved);
    });
  }

  /** Whether the file has been removed from its folder. Its contents are then lost when it is closed. */
  async isRemoved(): Promise<boolean> {
    return (await this.#file.stat()).nlink === 0;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Throws for pipes, sockets and some devices. Opening a pipe would wait for its reader, and some devices keep nothing. */
async function refuseOthers(path: string): Promise<void> {
  const there = await statIfThere(path);
  if (there?.isFIFO() || there?.isSocket())
    throw new TransientSendError(`${path} is a pipe or a socket: 'type: stdout' writes to pipes`);
  if (there?.isCharacterDevice() && appendedAs(path) === 'other')
    throw new TransientSendError(`${path} is a device, not a file`);
}
