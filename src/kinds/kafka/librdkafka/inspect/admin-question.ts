/** One request to a broker by librdkafka's admin interface. No call waits, because the answer comes as an event. */

import type { LibraryHandle } from 'koffi';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import { orUndo } from '../../../../shared/util/or-undo.ts';
import type { Client } from '../native/client.ts';
import { binder, type Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';

const P = 'uint64_t';
const ERROR_BYTES = 512;

export interface DescribeFailure {
  readonly code: number;
  readonly text: string;
}

function bindQuestion(library: LibraryHandle) {
  const f = binder(library);
  return {
    queueNew: f<(client: Pointer) => Pointer>('rd_kafka_queue_new', P, [P]),
    options: f<(client: Pointer, operation: number) => Pointer>('rd_kafka_AdminOptions_new', P, [P, 'int']),
    optionsDestroy: f<(options: Pointer) => void>('rd_kafka_AdminOptions_destroy', 'void', [P]),
    timeout: f<(options: Pointer, ms: number, error: Buffer, size: number) => number>(
      'rd_kafka_AdminOptions_set_request_timeout',
      'int',
      [P, 'int', 'void *', 'size_t'],
    ),
  };
}

/** How one kind of request is made, and how its answer is read. */
export interface Asking<Answer> {
  /** `RD_KAFKA_ADMIN_OP_…` */
  readonly operation: number;
  ask(client: Pointer, options: Pointer, queue: Pointer): void;
  read(event: Pointer): Answer | DescribeFailure;
}

/** One request that has been sent. `close` it before its client. */
export class AdminQuestion<Answer> {
  readonly #native: Native;
  readonly #asking: Asking<Answer>;
  readonly #functions: ReturnType<typeof bindQuestion>;
  readonly #queue: Pointer;

  constructor({ native, handle }: Client, asking: Asking<Answer>, timeoutMs: number) {
    this.#native = native;
    this.#asking = asking;
    this.#functions = nativeSection(() => bindQuestion(native.koffi.load(native.path)));
    this.#queue = this.#functions.queueNew(handle);
    orUndo(
      () => this.#ask(handle, timeoutMs),
      () => this.close(),
    );
  }

  #ask(client: Pointer, timeoutMs: number): void {
    const { options: create, optionsDestroy, timeout } = this.#functions;
    const options = create(client, this.#asking.operation);
    try {
      timeout(options, Math.ceil(timeoutMs), Buffer.alloc(ERROR_BYTES), ERROR_BYTES);
      this.#asking.ask(client, options, this.#queue);
    } finally {
      optionsDestroy(options);
    }
  }

  /** The answer; undefined while it has not come. */
  poll(): Answer | DescribeFailure | undefined {
    const { rdkafka } = this.#native;
    const event = rdkafka.queuePoll(this.#queue, 0);
    if (event === 0) return undefined;
    try {
      const code = rdkafka.eventError(event);
      if (code !== 0) return { code, text: rdkafka.eventErrorText(event) ?? rdkafka.errorText(code) };
      return this.#asking.read(event);
    } finally {
      rdkafka.eventDestroy(event);
    }
  }

  close(): void {
    this.#native.rdkafka.queueDestroy(this.#queue);
  }
}

/** Reads arrays that librdkafka returns with their length at `count`. */
export class CountedArrays {
  readonly #native: Native;
  readonly #count: NativeMemory;

  constructor(native: Native) {
    this.#native = native;
    this.#count = new NativeMemory(native.koffi, 8);
  }

  /** Returns the elements of the array of pointers that `get` returns. */
  pointers(get: (count: Pointer) => Pointer): Pointer[] {
    const { words, length } = this.#copy(get(this.#count.address), 8);
    return Array.from({ length }, (_, index) => readLong(words, index * 2));
  }

  integers(get: (count: Pointer) => Pointer): number[] {
    const { words, length } = this.#copy(get(this.#count.address), 4);
    return [...words.subarray(0, length)];
  }

  #copy(array: Pointer, size: number): { words: Int32Array; length: number } {
    const length = array === 0 ? 0 : readLong(this.#count.words, 0);
    const copy = new NativeMemory(this.#native.koffi, Math.max(length * size, 8));
    if (length > 0) this.#native.libc.memcpy(copy.address, array, length * size);
    return { words: copy.words, length };
  }
}
