/** Reads the headers of a message. */

import type { Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';
import type { BytePool } from './byte-pool.ts';
import type { ConsumeFunctions } from './consume-functions.ts';
import type { ReadHeaders } from './read-message.ts';

/** Positions in 32-bit words: the addresses of name and value, and the length of the value. */
const NAME = 0;
const VALUE = 2;
const SIZE = 4;
const WORDS = 6;

const NONE: ReadHeaders = [];

export class HeaderReader {
  readonly #native: Native;
  readonly #functions: Pick<ConsumeFunctions, 'headers' | 'headerAt'>;
  readonly #bytes: BytePool;
  /** Receives what librdkafka returns by address. */
  readonly #result: NativeMemory;

  constructor(native: Native, functions: Pick<ConsumeFunctions, 'headers' | 'headerAt'>, bytes: BytePool) {
    this.#native = native;
    this.#functions = functions;
    this.#bytes = bytes;
    this.#result = new NativeMemory(native.koffi, WORDS * 4);
  }

  of(message: Pointer): ReadHeaders {
    if (this.#functions.headers(message, this.#result.address) !== 0) return NONE;
    return this.ofList(readLong(this.#result.words, 0));
  }

  /** Reads an `rd_kafka_headers_t`. */
  ofList(list: Pointer): ReadHeaders {
    const headers: ReadHeaders[number][] = [];
    const { address } = this.#result;
    const [name, value, size] = [address + NAME * 4, address + VALUE * 4, address + SIZE * 4];
    while (this.#functions.headerAt(list, headers.length, name, value, size) === 0) headers.push(this.#header());
    return headers;
  }

  #header(): ReadHeaders[number] {
    const { words } = this.#result;
    const name: string = this.#native.koffi.decode(readLong(words, NAME), 'char', -1);
    return [name, this.#bytes.copy(readLong(words, VALUE), readLong(words, SIZE))];
  }
}
