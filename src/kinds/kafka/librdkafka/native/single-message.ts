/** Sends one message a call, for the fields that the batch call cannot carry: headers and timestamps. */

import { type BatchMemory, type PackedHeader, type PackedRecord, readHeaders } from '../../batches/packed-record.ts';
import type { Pointer } from './functions.ts';
import { NativeMemory, writeLong } from './memory.ts';
import { FLAG_COPY } from './message-array.ts';
import type { Native } from './native.ts';
import { writeOpaque } from './opaque.ts';

/** `rd_kafka_vtype_t` */
const ARGUMENT = { topic: 2, partition: 3, value: 4, key: 5, opaque: 6, flags: 7, timestamp: 8, header: 9 } as const;
/** Number of arguments in addition to headers. */
const FIXED_ARGUMENTS = 7;
const NULL = 0;

export interface SingleMessage {
  readonly memory: BatchMemory;
  readonly record: PackedRecord;
  readonly topic: Pointer;
  readonly partition: number;
  readonly batchId: number;
  readonly index: number;
}

export class SingleProducer {
  readonly #native: Native;
  readonly #client: Pointer;
  #memory: NativeMemory;
  #count = 0;

  constructor(native: Native, client: Pointer) {
    this.#native = native;
    this.#client = client;
    this.#memory = this.#allocate(FIXED_ARGUMENTS + 8);
  }

  /** Passes the message to librdkafka. @returns librdkafka's code, 0 = taken */
  produce(message: SingleMessage): number {
    this.#fill(message);
    const { rdkafka } = this.#native;
    const error = rdkafka.produceva(this.#client, this.#memory.address, this.#count);
    if (error === 0) return 0;
    const code = rdkafka.errorCode(error);
    rdkafka.errorDestroy(error);
    return code;
  }

  #fill({ memory, record, topic, partition, batchId, index }: SingleMessage): void {
    const headers = readHeaders(memory, record);
    this.#reserve(FIXED_ARGUMENTS + headers.length);
    this.#count = 0;
    this.#add(ARGUMENT.topic, topic);
    this.#add(ARGUMENT.flags, FLAG_COPY);
    this.#addOpaque(batchId, index);
    this.#add(ARGUMENT.partition, partition);
    if (!Number.isNaN(record.timestamp)) this.#add(ARGUMENT.timestamp, Math.trunc(record.timestamp));
    if (record.valueLength >= 0) this.#add(ARGUMENT.value, memory.address + record.valueAt, record.valueLength);
    if (record.keyLength >= 0) this.#add(ARGUMENT.key, memory.address + record.keyAt, record.keyLength);
    for (const header of headers) this.#addHeader(memory, header);
  }

  #add(type: number, first: number, second = 0, third = 0): void {
    const { argument } = this.#native;
    const { words } = this.#memory;
    const base = this.#count++ * argument.words;
    words[base + argument.type] = type;
    writeLong(words, base + argument.first, first);
    writeLong(words, base + argument.second, second);
    writeLong(words, base + argument.third, third);
  }

  #addOpaque(batchId: number, index: number): void {
    const { argument } = this.#native;
    const at = this.#count * argument.words + argument.first;
    this.#add(ARGUMENT.opaque, 0);
    writeOpaque(this.#memory.words, at, batchId, index);
  }

  #addHeader({ address }: BatchMemory, { nameAt, valueAt, valueLength }: PackedHeader): void {
    const value = valueLength < 0 ? NULL : address + valueAt;
    this.#add(ARGUMENT.header, address + nameAt, value, Math.max(valueLength, 0));
  }

  #reserve(arguments_: number): void {
    if (arguments_ * this.#native.argument.words > this.#memory.words.length) {
      this.#memory = this.#allocate(arguments_ * 2);
    }
  }

  #allocate(arguments_: number): NativeMemory {
    return new NativeMemory(this.#native.koffi, arguments_ * this.#native.argument.words * 4);
  }
}
