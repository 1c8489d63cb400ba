/** Copies bytes of native memory into Buffers. Small ones share a chunk, because memory of its own costs each about 1 µs. */

import { markAsUntransferable } from 'node:worker_threads';
import type { Pointer } from '../native/functions.ts';
import { addressOf } from '../native/memory.ts';
import type { Native } from '../native/native.ts';

/** A Buffer that is kept keeps its whole chunk, so chunks are small. */
const CHUNK_BYTES = 65_536;
/** Larger ones have memory of their own, so that little of a chunk stays unused. */
const SHARED_BYTES = CHUNK_BYTES / 8;

export class BytePool {
  readonly #native: Native;
  #chunk: ArrayBuffer;
  #address: Pointer;
  #used = 0;

  constructor(native: Native) {
    this.#native = native;
    this.#chunk = newChunk();
    this.#address = this.#addressOf(this.#chunk);
  }

  /** Returns a copy of `length` bytes; null for the address 0, which stands for an absent field. */
  copy(from: Pointer, length: number): Buffer | null {
    if (from === 0) return null;
    if (length === 0) return Buffer.alloc(0);
    return length > SHARED_BYTES ? this.#alone(from, length) : this.#shared(from, length);
  }

  #alone(from: Pointer, length: number): Buffer {
    const memory = new ArrayBuffer(length);
    this.#native.libc.memcpy(this.#addressOf(memory), from, length);
    return Buffer.from(memory);
  }

  #shared(from: Pointer, length: number): Buffer {
    if (this.#used + length > CHUNK_BYTES) this.#renew();
    this.#native.libc.memcpy(this.#address + this.#used, from, length);
    const copy = Buffer.from(this.#chunk, this.#used, length);
    this.#used += length;
    return copy;
  }

  #renew(): void {
    this.#chunk = newChunk();
    this.#address = this.#addressOf(this.#chunk);
    this.#used = 0;
  }

  #addressOf(memory: ArrayBuffer): Pointer {
    return addressOf(this.#native.koffi, new Uint8Array(memory));
  }
}

/** A transfer would empty all Buffers of the chunk, and later copies would be written to memory that belongs to the receiver. */
function newChunk(): ArrayBuffer {
  const chunk = new ArrayBuffer(CHUNK_BYTES);
  markAsUntransferable(chunk);
  return chunk;
}
