/** The private group of a transactional producer, whose offsets carry the mark of the last committed transaction. */

import { formatMark, type TransactionMark } from '../../transaction-mark.ts';
import type { Client } from '../native/client.ts';
import type { Pointer } from '../native/functions.ts';
import { NativeMemory, writeLong } from '../native/memory.ts';

/** The partition under whose name a mark is committed, because the broker requires one that exists. */
const PARTITION = 0;

export interface PlacedMark extends TransactionMark {
  /** Number of transactions that the producer has committed, including this one. It is the offset that is committed. */
  readonly count: number;
}

export class GroupOffsets {
  readonly #client: Client;
  readonly group: string;

  constructor(client: Client, group: string) {
    this.#client = client;
    this.group = group;
  }

  /** Calls `use` with the native list and group that `rd_kafka_send_offsets_to_transaction` takes. */
  async with(topic: string, mark: PlacedMark, use: (list: Pointer, group: Pointer) => Promise<void>): Promise<void> {
    const { offsets } = this.#client.native;
    const list = offsets.listNew(1);
    const group = offsets.groupNew(this.group);
    try {
      this.#fill(offsets.listAdd(list, topic, PARTITION), mark);
      await use(list, group);
    } finally {
      offsets.listDestroy(list);
      offsets.groupDestroy(group);
    }
  }

  /** Writes offset and metadata into a new element. The list frees the metadata, so librdkafka allocates it. */
  #fill(element: Pointer, mark: PlacedMark): void {
    const { koffi, libc, topicPartition: layout, offsets } = this.#client.native;
    const text = Buffer.from(formatMark(mark));
    const from = new NativeMemory(koffi, text.length);
    from.bytes.set(text);
    const metadata = offsets.malloc(this.#client.handle, text.length);
    libc.memcpy(metadata, from.address, text.length);
    const { words, address } = this.#load(element);
    writeLong(words, layout.offset, mark.count);
    writeLong(words, layout.metadata, metadata);
    writeLong(words, layout.metadataSize, text.length);
    libc.memcpy(element, address, layout.words * 4);
  }

  #load(element: Pointer): NativeMemory {
    const { koffi, libc, topicPartition } = this.#client.native;
    const memory = new NativeMemory(koffi, topicPartition.words * 4);
    libc.memcpy(memory.address, element, topicPartition.words * 4);
    return memory;
  }
}
