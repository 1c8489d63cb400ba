/**
 * librdkafka's call for the offsets at which a partition begins and ends. The call waits for the answer, so it does that on a thread of
 * libuv's pool; the client must live until it returns.
 */

import type { KoffiFunc } from 'koffi';
import { nativeSection } from '../../../native-section.ts';
import type { Pointer } from './functions.ts';
import { NativeMemory, readLong } from './memory.ts';
import type { Native } from './native.ts';

const P = 'uint64_t';
const HIGH_WORD = 2;

export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

export interface EndOffset {
  /** librdkafka's; 0 where a broker has answered. */
  readonly code: number;
  readonly high: number;
}

type Call = KoffiFunc<
  (client: Pointer, topic: string, partition: number, low: Pointer, high: Pointer, ms: number) => number
>;

export class WatermarksCall {
  readonly #native: Native;
  readonly #call: Call;

  constructor(native: Native) {
    const parameters = [P, 'const char *', 'int32_t', P, P, 'int'];
    this.#native = native;
    this.#call = nativeSection(() =>
      native.koffi.load(native.path).func('rd_kafka_query_watermark_offsets', 'int', parameters),
    ) as Call;
  }

  /** Resolves within `timeoutMs`. */
  async ask(client: Pointer, { topic, partition }: PartitionName, timeoutMs: number): Promise<EndOffset> {
    const result = new NativeMemory(this.#native.koffi, 16);
    const code = await new Promise<number>((resolve, reject) =>
      this.#call.async(
        client,
        topic,
        partition,
        result.address,
        result.address + 8,
        Math.ceil(timeoutMs),
        (error: Error | null, answer: number) => (error ? reject(error) : resolve(answer)),
      ),
    );
    return { code, high: readLong(result.words, HIGH_WORD) };
  }
}
