/**
 * librdkafka's call for the offsets of many partitions by timestamp, where one special timestamp means the end. The call blocks
 * until the answers come, so it runs on a thread of libuv's pool. The client must live until the call returns. The admin call
 * ListOffsets would need librdkafka 2.3.
 */

import type { KoffiFunc } from 'koffi';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import type { EndOffset, LedPartition } from '../../partitions/end-offsets.ts';
import type { Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';

const P = 'uint64_t';
/** `RD_KAFKA_OFFSET_END`. Brokers use the same number as the timestamp of the end. */
const END = -1;

type Call = KoffiFunc<(client: Pointer, list: Pointer, ms: number) => number>;
type SetOffset = KoffiFunc<(list: Pointer, topic: string, partition: number, offset: number) => number>;

export class OffsetsCall {
  readonly #native: Native;
  readonly #call: Call;
  readonly #setOffset: SetOffset;

  constructor(native: Native) {
    this.#native = native;
    [this.#call, this.#setOffset] = nativeSection(() => {
      const library = native.koffi.load(native.path);
      return [
        library.func('rd_kafka_offsets_for_times', 'int', [P, P, 'int']) as Call,
        library.func('rd_kafka_topic_partition_list_set_offset', 'int', [
          P,
          'const char *',
          'int32_t',
          'int64_t',
        ]) as SetOffset,
      ] as const;
    });
  }

  /** Resolves within `timeoutMs`, with undefined where one partition has no answer, because then the others have none either. */
  async ask(
    client: Pointer,
    places: readonly LedPartition[],
    timeoutMs: number,
  ): Promise<readonly EndOffset[] | undefined> {
    const { offsets } = this.#native;
    const list = offsets.listNew(places.length);
    try {
      // The list has capacity for all partitions from the beginning, so it does not move.
      const elements = places.map((place) => this.#add(list, place));
      const code = await this.#wait(client, list, timeoutMs);
      return code === 0 ? elements.map((element) => this.#read(element)) : undefined;
    } finally {
      offsets.listDestroy(list);
    }
  }

  #add(list: Pointer, { topic, partition }: LedPartition): Pointer {
    const element = this.#native.offsets.listAdd(list, topic, partition);
    this.#setOffset(list, topic, partition, END);
    return element;
  }

  #wait(client: Pointer, list: Pointer, timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#call.async(client, list, Math.ceil(timeoutMs), (error: Error | null, code: number) =>
        error ? reject(error) : resolve(code),
      ),
    );
  }

  /** An element without an answer keeps the value that it was given. */
  #read(element: Pointer): EndOffset {
    const { koffi, libc, topicPartition: layout } = this.#native;
    const { address, words } = new NativeMemory(koffi, layout.words * 4);
    libc.memcpy(address, element, layout.words * 4);
    const offset = readLong(words, layout.offset);
    return words[layout.error] !== 0 || offset < 0 ? 'unknown' : offset;
  }
}
