/**
 * Writes dead letters to a device instead of a file: a terminal, `/dev/null`, or the pipe behind `/dev/stdout` in a container. A device has
 * no size, no name to rotate, and no disk to sync to. So a dead letter is accepted when the system has taken its last byte.
 */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutspoolError } from '../../shared/errors.ts';

const { O_WRONLY, O_APPEND, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants;
/** Time in ms between two writes while the reader takes nothing. */
const PAUSE_MS = 10;
/** Number of pauses, a second in all, after which the reader counts as behind. The dead letters are offered again later. */
const PAUSES = 100;

export class DeadLetterDevice {
  readonly #path: string;
  /** Bytes that end a torn line. */
  readonly #mark: Buffer;
  #isInLine = false;

  constructor(path: string, mark: Buffer) {
    this.#path = path;
    this.#mark = mark;
  }

  /** Writes whole lines. If a failure leaves part of a line, the next write marks it as torn. @throws the system's error */
  async write(lines: Buffer): Promise<void> {
    const file = await open(this.#path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
    try {
      await this.#writeAll(file, this.#isInLine ? Buffer.concat([this.#mark, lines]) : lines);
    } finally {
      await file.close();
    }
  }

  async #writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
    for (let done = 0, pauses = 0; done < bytes.length; ) {
      const taken = await takenOf(file, bytes.subarray(done));
      done += taken;
      this.#isInLine = done > 0 ? done < bytes.length : this.#isInLine;
      if (taken > 0) pauses = 0;
      else if (++pauses > PAUSES) throw new OutspoolError(`the reader of ${this.#path} takes no dead letters`);
      else await sleep(PAUSE_MS);
    }
  }
}

async function takenOf(file: FileHandle, bytes: Buffer): Promise<number> {
  try {
    return (await file.write(bytes)).bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
