/** Writes one segment: batches one after another, and a seal when it is full. */

import fs from 'node:fs';
import { SpoolError } from '../../shared/errors.ts';
import { syncDataNow } from '../../shared/files/durable.ts';
import { openOwnNow } from '../../shared/files/own-files.ts';
import { closeQuietly, codeOf, moveAside, NEW_FILE, removeQuietly, writeAll, writing } from '../files.ts';
import { BATCH_HEAD_BYTES, encodeFileHeader, FILE_KIND, newSalt, writeBatchHead } from '../format.ts';
import { Segment } from './segment.ts';

export class SegmentWriter {
  readonly segment: Segment;
  readonly fd: number;
  /** Whether the file may end with a partly written batch. Nothing must be appended to such a file. */
  broken = false;

  /** Creates the file and writes its header. @throws SpoolWriteError when the file cannot be made; then there is none */
  constructor(directory: string, first: number) {
    const salt = newSalt();
    this.segment = new Segment(directory, first, salt);
    const { path } = this.segment;
    this.fd = writing(path, 'create it', () => openNew(path));
    try {
      const header = encodeFileHeader({ kind: FILE_KIND.segment, salt, first });
      this.segment.bytes = writing(path, 'write', () => writeAll(this.fd, [header], 0));
    } catch (error) {
      closeQuietly(this.fd);
      removeQuietly(path);
      throw error;
    }
  }

  /**
   * Writes encoded batches. `end` is the sequence number after their last record.
   * @throws SpoolWriteError, and nothing of them remains
   */
  append(parts: readonly Uint8Array[], end: number): void {
    this.#write(parts, 'write');
    this.segment.end = end;
  }

  /** Writes the seal, which records where the segment ends. It tells a file that was cut later from a complete one. */
  seal(): void {
    this.#write([sealOf(this.segment)], 'seal it');
  }

  #write(parts: readonly Uint8Array[], tried: string): void {
    const { segment, fd } = this;
    if (this.broken) throw new SpoolError(`${segment.path} could not be cut back; nothing more is written to it`);
    try {
      segment.bytes += writing(segment.path, tried, () => writeAll(fd, parts, segment.bytes));
    } catch (error) {
      this.#cutBack();
      throw error;
    }
  }

  /** Cuts off a part of a batch whose write failed, so that it is not taken for a batch. */
  #cutBack(): void {
    try {
      fs.ftruncateSync(this.fd, this.segment.bytes);
    } catch {
      this.broken = true;
    }
  }
}

/**
 * Creates a new file. A file that a failed removal has left under the name is renamed and kept. It belongs to no known segment,
 * because none has this number.
 */
function openNew(path: string): number {
  const open = () => openOwnNow(path, NEW_FILE);
  try {
    return open();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    moveAside(path);
    return open();
  }
}

function sealOf({ salt, end }: Segment): Buffer {
  const seal = Buffer.alloc(BATCH_HEAD_BYTES);
  writeBatchHead(seal, { salt, first: end, count: 0, bytes: 0 });
  return seal;
}

/**
 * Seals a segment that a crash has left open, now that its end has been found. Once higher numbers have been used, the end of a
 * damaged last batch could not be determined any more.
 * @throws SpoolWriteError
 */
export function sealRecovered(segment: Segment): void {
  const { path, bytes } = segment;
  const fd = writing(path, 'open it', () => openOwnNow(path, fs.constants.O_RDWR));
  try {
    const at = Math.ceil(bytes / 8) * 8; // heads begin at multiples of 8
    segment.bytes = at + writing(path, 'seal it', () => writeAll(fd, [sealOf(segment)], at));
    writing(path, 'sync', () => syncDataNow(fd)); // later messages are in another file
  } catch (error) {
    segment.bytes = bytes;
    cutBackOrLeave(fd, bytes); // half a seal would be taken for a half-written batch
    throw error;
  } finally {
    fs.closeSync(fd);
  }
}

/** Where the cut fails as well, the file is as a crash would have left it, and the error of the seal is the one to report. */
function cutBackOrLeave(fd: number, bytes: number): void {
  try {
    fs.ftruncateSync(fd, bytes);
  } catch {
    // The next opening reads the half seal as the torn end of the file.
  }
}
