/** Reads pipes that a person names (`--config <(sops -d producers.yaml)`). No thread blocks for longer than 10 s. */

import fs from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, systemClock } from '../util/clock.ts';
import { hasName } from './output-device.ts';
import { readBounded, TO_READ, tooLarge } from './whole-reads.ts';

export interface PipeOptions {
  readonly signal?: AbortSignal;
  /** Maximum time in ms without a byte. @default unlimited */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

const PIECE_BYTES = 64 * 1024;
const POLL_MS = 10;
/** Maximum time in ms without a byte. A program that decrypts a file may ask for a password first. */
export const GIVEN_PATIENCE_MS = 60_000;

/** Whether the path names a pipe. @throws the system's error, unless the path does not exist */
export const isPipe = (path: string): boolean => fs.statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

/** Whether a path is a pipe without a name, as those behind `/dev/fd` are. Such a pipe has a writer, or has had one. */
export const isShellPipe = (path: string): boolean => isPipe(path) && !hasName(path);

/** Yields the bytes of a pipe until its last writer closes it. @throws RangeError after `patienceMs` without one; system errors */
export async function* readPipe(path: string, options: PipeOptions = {}): AsyncGenerator<Buffer> {
  const fd = fs.openSync(path, TO_READ);
  try {
    yield* chunksOf(fd, !hasName(path), options);
  } finally {
    fs.closeSync(fd);
  }
}

/** Yields the bytes of an open pipe. `hasWriter`: it has had a writer, so that its end is the end of the input. */
async function* chunksOf(fd: number, hasWriter: boolean, options: PipeOptions): AsyncGenerator<Buffer> {
  const { signal, patienceMs = Number.POSITIVE_INFINITY, clock = systemClock } = options;
  for (let hadWriter = hasWriter, last = clock.now(); !signal?.aborted; ) {
    const bytes = nextOf(fd);
    if (bytes !== undefined && bytes.length > 0) {
      yield bytes;
      last = clock.now();
      await turn(); // else a fast writer would block the event loop
    } else if (bytes !== undefined && hadWriter) return;
    else if (clock.now() - last > patienceMs)
      throw new RangeError(`is a pipe without a byte for ${patienceMs / 1000} s`);
    else await clock.sleep(POLL_MS, signal);
    hadWriter ||= bytes === undefined || bytes.length > 0;
  }
}

/** Reads the next bytes. Returns undefined while there is a writer that has not written, and an empty buffer where there is none. */
function nextOf(fd: number): Buffer | undefined {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  try {
    return piece.subarray(0, fs.readSync(fd, piece, 0, piece.length, null));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return undefined;
    throw error;
  }
}

/** Maximum time in ms that a thread waits for a byte. */
const WAIT_MS = 10_000;

/**
 * Reads all of a regular file, or of a pipe of the shell such as `/dev/fd/9`, synchronously. A pipe with a name may never get a
 * writer and is refused. @throws as `readBounded`; RangeError for a pipe without a byte for 10 s
 */
export function readGivenNow(path: string, mostBytes: number, wait = sleepNow): Buffer {
  if (!isShellPipe(path)) return readBounded(path, mostBytes);
  const parts: Buffer[] = [];
  const fd = fs.openSync(path, TO_READ);
  try {
    for (let bytes = 0; bytes <= mostBytes; bytes += parts.at(-1)?.length ?? 0) {
      const part = awaitedOf(fd, wait);
      if (part.length === 0) return Buffer.concat(parts);
      parts.push(part);
    }
    throw tooLarge(mostBytes);
  } finally {
    fs.closeSync(fd);
  }
}

function awaitedOf(fd: number, wait: (ms: number) => void): Buffer {
  for (let waited = 0; waited <= WAIT_MS; waited += POLL_MS) {
    const part = nextOf(fd);
    if (part !== undefined) return part;
    wait(POLL_MS);
  }
  throw new RangeError(`is a pipe without a byte for ${WAIT_MS / 1000} s`);
}

const sleepNow = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Reads all of a regular file, or of a pipe. @throws as `readBounded`; RangeError for a pipe without a byte for 60 s */
export async function readGiven(path: string, mostBytes: number, clock?: Clock): Promise<Buffer> {
  if (!isPipe(path)) return readBounded(path, mostBytes);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of readPipe(path, { patienceMs: GIVEN_PATIENCE_MS, ...(clock && { clock }) })) {
    bytes += part.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
