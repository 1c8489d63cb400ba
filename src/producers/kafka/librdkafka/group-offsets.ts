/** The private group of a transactional producer: its offsets carry the mark of the last committed transaction. */

import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../../errors.ts';
import { formatMark, parseMark, type TransactionMark } from '../transaction-mark.ts';
import type { Client } from './client.ts';
import type { Pointer } from './functions.ts';
import { NativeMemory, readLong, writeLong } from './memory.ts';

const LIST_OFFSETS_OPERATION = 16;
const POLL_MS = 2;
const LIST_WORDS = 4;
const LIST_ELEMENTS = 2;

/** The partition in whose name a mark is committed: the broker wants one that exists. */
const PARTITION = 0;

export interface PlacedMark extends TransactionMark {
  /** How many transactions the producer has committed, this one included. */
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

  /** The marks that the group holds, one a partition. @throws ConnectError when the broker does not say */
  async read(signal: AbortSignal): Promise<PlacedMark[]> {
    const { rdkafka, offsets } = this.#client.native;
    const queue = offsets.queueNew(this.#client.handle);
    try {
      this.#request(queue);
      const event = await this.#poll(queue, signal);
      try {
        return this.#marks(event);
      } finally {
        rdkafka.eventDestroy(event);
      }
    } finally {
      rdkafka.queueDestroy(queue);
    }
  }

  /** Only offsets of transactions that are over: those of one that is being ended may still change. */
  #request(queue: Pointer): void {
    const { offsets } = this.#client.native;
    const { handle } = this.#client;
    const options = offsets.optionsNew(handle, LIST_OFFSETS_OPERATION);
    offsets.optionsStable(options, 1);
    const request = offsets.requestNew(this.group, 0);
    offsets.request(handle, BigUint64Array.of(BigInt(request)), 1, options, queue);
    offsets.requestDestroy(request);
    offsets.optionsDestroy(options);
  }

  async #poll(queue: Pointer, signal: AbortSignal): Promise<Pointer> {
    for (;;) {
      const event = this.#client.closed ? 0 : this.#client.native.rdkafka.queuePoll(queue, 0);
      if (event !== 0) return event;
      if (signal.aborted || this.#client.closed)
        throw new ConnectError('the group of the transactional id has no answer');
      await sleep(POLL_MS);
    }
  }

  #marks(event: Pointer): PlacedMark[] {
    const { rdkafka, offsets } = this.#client.native;
    const code = rdkafka.eventError(event);
    if (code !== 0) throw new ConnectError(`${this.#cannotRead}: ${rdkafka.eventErrorText(event) ?? code}`);
    const count = BigUint64Array.of(0n);
    const groups = offsets.resultGroups(offsets.result(event), count);
    if (count[0] === 0n) return [];
    const group = this.#pointerAt(groups);
    const error = offsets.groupError(group);
    if (error !== 0)
      throw new ConnectError(`${this.#cannotRead}: ${this.#client.native.transactions.errorText(error)}`);
    return this.#elements(offsets.groupPartitions(group));
  }

  get #cannotRead(): string {
    return `the offsets of group ${this.group} cannot be read`;
  }

  #pointerAt(address: Pointer): Pointer {
    const { koffi, libc } = this.#client.native;
    const memory = new NativeMemory(koffi, 8);
    libc.memcpy(memory.address, address, 8);
    return readLong(memory.words, 0);
  }

  #elements(list: Pointer): PlacedMark[] {
    const { koffi, libc, topicPartition } = this.#client.native;
    const head = new NativeMemory(koffi, LIST_WORDS * 4);
    libc.memcpy(head.address, list, LIST_WORDS * 4);
    const elements = readLong(head.words, LIST_ELEMENTS);
    return Array.from({ length: head.words[0] as number }).flatMap(
      (_, index) => this.#mark(elements + index * topicPartition.words * 4) ?? [],
    );
  }

  #mark(element: Pointer): PlacedMark | undefined {
    const { koffi, libc, topicPartition: layout } = this.#client.native;
    const { words } = this.#load(element);
    const size = readLong(words, layout.metadataSize);
    if (size === 0) return undefined;
    const text = new NativeMemory(koffi, size);
    libc.memcpy(text.address, readLong(words, layout.metadata), size);
    const mark = parseMark(Buffer.from(text.bytes).toString());
    return mark && { ...mark, count: readLong(words, layout.offset) };
  }
}
