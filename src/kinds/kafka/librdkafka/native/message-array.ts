/** An array of `rd_kafka_message_t`, filled from packed records and passed to librdkafka with one native call. */

import type { BatchMemory, PackedRecord } from '../../batches/packed-record.ts';
import type { Pointer } from './functions.ts';
import { NativeMemory, writeLong } from './memory.ts';
import type { Native } from './native.ts';
import { writeOpaque } from './opaque.ts';

/** librdkafka copies key and value, so the record's memory can be reused, even if the client hangs or ends. */
export const FLAG_COPY = 0x2;

export interface MessagePlace {
  readonly batchId: number;
  readonly index: number;
  /** The caller's own number of the message. */
  readonly entry: number;
}

export class MessageArray {
  readonly capacity: number;
  readonly #native: Native;
  readonly #memory: NativeMemory;
  readonly #entries: Uint32Array;
  #count = 0;

  constructor(native: Native, capacity = 1024) {
    this.#native = native;
    this.capacity = capacity;
    this.#memory = new NativeMemory(native.koffi, capacity * native.message.words * 4);
    this.#entries = new Uint32Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.capacity;
  }

  entryAt(position: number): number {
    return this.#entries[position] as number;
  }

  /** The error code that librdkafka has written to an entry; 0 = taken. */
  errorOf(position: number): number {
    const { message } = this.#native;
    return this.#memory.words[position * message.words + message.error] as number;
  }

  clear(): void {
    this.#count = 0;
  }

  add(memory: BatchMemory, record: PackedRecord, { batchId, index, entry }: MessagePlace): void {
    const { words } = this.#memory;
    const { message } = this.#native;
    const base = this.#count * message.words;
    words[base + message.error] = 0;
    // A length of 0 with an address is an empty field, without an address it is an absent one. The two must not be confused.
    writeLong(words, base + message.key, record.keyLength < 0 ? 0 : memory.address + record.keyAt);
    writeLong(words, base + message.keyLength, Math.max(record.keyLength, 0));
    writeLong(words, base + message.value, record.valueLength < 0 ? 0 : memory.address + record.valueAt);
    writeLong(words, base + message.valueLength, Math.max(record.valueLength, 0));
    writeOpaque(words, base + message.opaque, batchId, index);
    this.#entries[this.#count++] = entry;
  }

  /** Passes all entries to librdkafka. @returns how many it took */
  produce(topic: Pointer, partition: number): number {
    const { rdkafka } = this.#native;
    return rdkafka.produceBatch(topic, partition, FLAG_COPY, this.#memory.address, this.#count);
  }
}
