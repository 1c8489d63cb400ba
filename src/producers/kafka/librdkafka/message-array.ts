/** An array of `rd_kafka_message_t`, filled from packed records and handed over with one native call. */

import type { Pointer } from './functions.ts';
import { NativeMemory, writeLong } from './memory.ts';
import type { Native } from './native.ts';
import type { BatchMemory, PackedRecord } from './packed-record.ts';

/** librdkafka copies key and value: the record's memory is then ours again whatever becomes of the client. */
export const FLAG_COPY = 0x2;
const PARTITION_BY_KEY = -1;

export class MessageArray {
  readonly capacity: number;
  readonly #native: Native;
  readonly #memory: NativeMemory;
  /** Which message of the batch each entry is. */
  readonly #indices: Uint32Array;
  #count = 0;

  constructor(native: Native, capacity = 1024) {
    this.#native = native;
    this.capacity = capacity;
    this.#memory = new NativeMemory(native.koffi, capacity * native.message.words * 4);
    this.#indices = new Uint32Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.capacity;
  }

  indexOf(entry: number): number {
    return this.#indices[entry] as number;
  }

  /** The code that librdkafka has left on an entry; 0 = taken. */
  errorOf(entry: number): number {
    const { message } = this.#native;
    return this.#memory.words[entry * message.words + message.error] as number;
  }

  clear(): void {
    this.#count = 0;
  }

  add(memory: BatchMemory, record: PackedRecord, batchId: number, index: number): void {
    const { words } = this.#memory;
    const { message } = this.#native;
    const base = this.#count * message.words;
    words[base + message.error] = 0;
    // A length of 0 with an address is empty, without one it is absent: the two must not be confused.
    writeLong(words, base + message.key, record.keyLength < 0 ? 0 : memory.address + record.keyAt);
    writeLong(words, base + message.keyLength, Math.max(record.keyLength, 0));
    writeLong(words, base + message.value, record.valueLength < 0 ? 0 : memory.address + record.valueAt);
    writeLong(words, base + message.valueLength, Math.max(record.valueLength, 0));
    words[base + message.opaque] = batchId;
    words[base + message.opaque + 1] = index;
    this.#indices[this.#count++] = index;
  }

  /** Hands all entries over. @returns how many were taken */
  produce(topic: Pointer): number {
    const { rdkafka } = this.#native;
    return rdkafka.produceBatch(topic, PARTITION_BY_KEY, FLAG_COPY, this.#memory.address, this.#count);
  }
}
