/** Spools in directories of their own, and records whose content says which they are. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordMemory } from '../../src/shared/memory/record.ts';
import { RecordWriter } from '../../src/shared/memory/record-writer.ts';
import type { Loss } from '../../src/spool/recovery/loss.ts';
import { Spool, type SpoolOptions } from '../../src/spool/spool.ts';

const writer = new RecordWriter();

/** The value of message `sequence`: longer ones and shorter ones, all different. */
export const textOf = (sequence: number): string => `message ${sequence} ${'·'.repeat((sequence * 7) % 50)}`;

export interface Packed {
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
}

/** Messages `first` … `first + count - 1`, packed as the queue packs them. */
export function pack(first: number, count: number, value: (sequence: number) => string | Buffer = textOf): Packed {
  const offsets = new Uint32Array(count);
  const pieces: Buffer[] = [];
  let used = 0;
  for (let index = 0; index < count; index++) {
    writer.prepare({ key: String(first + index), value: Buffer.from(value(first + index)) });
    const memory = new RecordMemory(new SharedArrayBuffer(writer.exactSize));
    offsets[index] = used;
    used += writer.write(memory, 0, 0);
    pieces.push(memory.bytes);
  }
  const memory = new Uint8Array(new SharedArrayBuffer(used));
  memory.set(Buffer.concat(pieces));
  return { memory, offsets };
}

/** A message as it was read back. */
export interface ReadBack {
  readonly sequence: number;
  readonly key: string;
  readonly value: string;
}

const DEFAULTS = { topic: 'topic', errorTopic: 'errors' };

/** Everything that has not settled, in the order of reading. */
export function readAll(spool: Pick<Spool, 'read'>, maxBytes = 4096, from = 0): ReadBack[] {
  const all: ReadBack[] = [];
  let next = from;
  for (let chunk = spool.read(next, { maxBytes }); chunk !== undefined; chunk = spool.read(next, { maxBytes })) {
    const memory = new RecordMemory(chunk.memory.buffer);
    for (const [index, offset] of chunk.offsets.entries()) {
      const { key, value } = memory.decode(offset, DEFAULTS);
      all.push({ sequence: chunk.first + index, key: String(key), value: String(value) });
    }
    next = chunk.first + chunk.offsets.length;
  }
  return all;
}

/** The numbers of what was read; throws where a message is not the one that its number says. */
export function sequencesOf(read: readonly ReadBack[]): number[] {
  for (const { sequence, key, value } of read)
    if (key !== String(sequence) || value !== textOf(sequence))
      throw new Error(`message ${sequence} is not itself: ${value}`);
  return read.map(({ sequence }) => sequence);
}

export const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

export const newDirectory = (): string => fs.mkdtempSync(join(tmpdir(), 'outspool-spool-'));

/** Copies a spool as it is now; files that are just being deleted may be there or not. */
export function copySpool(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const name of fs.readdirSync(from)) {
    try {
      fs.copyFileSync(join(from, name), join(to, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

export interface OpenSpool {
  readonly spool: Spool;
  readonly losses: Loss[];
  readonly troubles: Error[];
}

export async function openSpool(directory: string, options: Partial<SpoolOptions> = {}): Promise<OpenSpool> {
  const losses: Loss[] = [];
  const troubles: Error[] = [];
  const spool = await Spool.open({
    directory,
    maxBytes: 64 * 1024 * 1024,
    syncIntervalMs: 0,
    onLoss: (loss) => losses.push(loss),
    onTrouble: (error) => troubles.push(error),
    ...options,
  });
  return { spool, losses, troubles };
}

/** Appends messages `first` … `first + count - 1` as one batch. */
export function append(spool: Spool, first: number, count: number): void {
  const { memory, offsets } = pack(first, count);
  spool.append(memory, offsets, first);
}
