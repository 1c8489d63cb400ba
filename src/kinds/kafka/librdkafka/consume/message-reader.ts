/** Reads the messages that librdkafka has fetched out of native memory, and gives that memory back. */

import type { Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';
import { BytePool } from './byte-pool.ts';
import type { ConsumeFunctions } from './consume-functions.ts';
import { HeaderReader } from './header-reader.ts';
import type { ReadMessage } from './read-message.ts';

/** Maximum number of messages in a batch, about 1 ms of work. */
const BATCH = 1000;
/** `RD_KAFKA_RESP_ERR__PARTITION_EOF` */
const PARTITION_END = -191;

/** An error that librdkafka reports in the place of a message. */
export interface ConsumeFailure {
  readonly code: number;
  readonly text: string;
  /** -1 where it concerns no single partition. */
  readonly partition: number;
}

/** What was taken from the queue at once. All parts may be empty. */
export interface Batch {
  /** In order for each partition. */
  readonly messages: readonly ReadMessage[];
  /** Partitions that have been read up to their end. */
  readonly ended: readonly number[];
  readonly failures: readonly ConsumeFailure[];
}

export class MessageReader {
  readonly #native: Native;
  readonly #functions: ConsumeFunctions;
  readonly #bytes: BytePool;
  readonly #pointers: NativeMemory;
  readonly #struct: NativeMemory;
  readonly #headers: HeaderReader;

  constructor(native: Native, functions: ConsumeFunctions) {
    this.#native = native;
    this.#functions = functions;
    this.#bytes = new BytePool(native);
    this.#pointers = new NativeMemory(native.koffi, BATCH * 8);
    this.#struct = new NativeMemory(native.koffi, native.message.words * 4);
    this.#headers = new HeaderReader(native, functions, this.#bytes);
  }

  /** Takes what is in the queue, at most a batch of it. Does not wait. */
  take(queue: Pointer): Batch {
    const count = this.#functions.take(queue, 0, this.#pointers.address, BATCH);
    const batch = { messages: [], ended: [], failures: [] };
    try {
      for (let index = 0; index < count; index++) this.#add(this.#pointer(index), batch);
    } finally {
      for (let index = 0; index < count; index++) this.#functions.messageDestroy(this.#pointer(index));
    }
    return batch;
  }

  #pointer(index: number): Pointer {
    return readLong(this.#pointers.words, index * 2);
  }

  #add(address: Pointer, batch: { messages: ReadMessage[]; ended: number[]; failures: ConsumeFailure[] }): void {
    const { libc, message } = this.#native;
    const { words } = this.#struct;
    libc.memcpy(this.#struct.address, address, message.words * 4);
    const code = words[message.error] as number;
    const partition = words[message.partition] as number;
    if (code === 0) batch.messages.push(this.#read(address, partition));
    else if (code === PARTITION_END) batch.ended.push(partition);
    else batch.failures.push({ code, partition, text: this.#text(code) });
  }

  /** Reads the message whose struct was copied last. */
  #read(address: Pointer, partition: number): ReadMessage {
    const { message, rdkafka } = this.#native;
    const { words } = this.#struct;
    const timestamp = rdkafka.messageTimestamp(address, 0);
    return {
      key: this.#bytes.copy(readLong(words, message.key), readLong(words, message.keyLength)),
      value: this.#value(),
      headers: this.#headers.of(address),
      partition,
      offset: readLong(words, message.offset),
      timestamp: timestamp < 0 ? undefined : timestamp,
    };
  }

  #value(): Buffer | null {
    const { value, valueLength } = this.#native.message;
    const { words } = this.#struct;
    return this.#bytes.copy(readLong(words, value), readLong(words, valueLength));
  }

  /** The value of an error is its text. */
  #text(code: number): string {
    return this.#value()?.toString() || this.#native.rdkafka.errorText(code);
  }
}
