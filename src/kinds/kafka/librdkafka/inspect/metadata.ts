/** librdkafka's metadata call, which blocks a thread of libuv's pool. The client must live until it returns. */

import type { KoffiFunc } from 'koffi';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import type { BrokerName } from '../../partitions/channel.ts';
import type { Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';

const P = 'uint64_t';

/** Positions in 32-bit words, and lengths: `rd_kafka_metadata`, its brokers, its topics and their partitions. */
const LIST = { brokerCount: 0, brokers: 2, topicCount: 4, topics: 6, words: 8 } as const;
const BROKER = { id: 0, host: 2, port: 4, words: 6 } as const;
const TOPIC = { name: 0, partitionCount: 2, partitions: 4, error: 6, words: 8 } as const;
const PARTITION = { id: 0, leader: 2, inSyncCount: 6, words: 10 } as const;

export interface Metadata {
  readonly brokers: readonly BrokerName[];
  readonly topics: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly name: string;
  /** 0, or the broker's code. */
  readonly code: number;
  readonly partitions: readonly PartitionMetadata[];
}

export interface PartitionMetadata {
  readonly id: number;
  /** The id of the leader; -1 where the partition has none. */
  readonly leader: number;
  readonly inSync: number;
}

/** All topics of the cluster, those for which the client has a handle, or one of them. */
export type Asked = 'all' | 'known' | Pointer;

type Call = KoffiFunc<(client: Pointer, all: number, only: Pointer, result: Pointer, ms: number) => number>;

function bind({ koffi, path }: Native) {
  const library = koffi.load(path);
  return {
    call: library.func('rd_kafka_metadata', 'int', [P, 'int', P, P, 'int']) as Call,
    destroy: library.func('rd_kafka_metadata_destroy', 'void', [P]) as (list: Pointer) => void,
  };
}

export class MetadataCall {
  readonly #native: Native;
  readonly #call: Call;
  readonly #destroy: (list: Pointer) => void;

  constructor(native: Native) {
    const { call, destroy } = nativeSection(() => bind(native));
    this.#native = native;
    this.#call = call;
    this.#destroy = destroy;
  }

  /** Resolves within `timeoutMs`, with librdkafka's code where no broker has answered. */
  async ask(client: Pointer, asked: Asked, timeoutMs: number): Promise<Metadata | number> {
    const result = new NativeMemory(this.#native.koffi, 8);
    const [all, only] = [asked === 'all' ? 1 : 0, typeof asked === 'number' ? asked : 0];
    const code = await new Promise<number>((resolve, reject) =>
      this.#call.async(
        client,
        all,
        only,
        result.address,
        Math.ceil(timeoutMs),
        (error: Error | null, answer: number) => (error ? reject(error) : resolve(answer)),
      ),
    );
    if (code !== 0) return code;
    const list = readLong(result.words, 0);
    try {
      return this.#read(list);
    } finally {
      this.#destroy(list);
    }
  }

  #read(list: Pointer): Metadata {
    const head = this.#copy(list, LIST.words);
    return {
      brokers: this.#structs(head, [LIST.brokers, LIST.brokerCount, BROKER.words]).map((broker) => ({
        id: broker[BROKER.id] as number,
        host: this.#textAt(broker, BROKER.host),
        port: broker[BROKER.port] as number,
      })),
      topics: this.#structs(head, [LIST.topics, LIST.topicCount, TOPIC.words]).map((topic) => this.#topic(topic)),
    };
  }

  #topic(topic: Int32Array): TopicMetadata {
    const partitions = this.#structs(topic, [TOPIC.partitions, TOPIC.partitionCount, PARTITION.words]);
    return {
      name: this.#textAt(topic, TOPIC.name),
      code: topic[TOPIC.error] as number,
      partitions: partitions.map((partition) => ({
        id: partition[PARTITION.id] as number,
        leader: partition[PARTITION.leader] as number,
        inSync: partition[PARTITION.inSyncCount] as number,
      })),
    };
  }

  /** The structs of an array, each as its words. */
  #structs(
    head: Int32Array,
    [array, count, words]: readonly [array: number, count: number, words: number],
  ): Int32Array[] {
    const length = head[count] as number;
    const all = this.#copy(readLong(head, array), length * words);
    return Array.from({ length }, (_, index) => all.subarray(index * words, (index + 1) * words));
  }

  #textAt(words: Int32Array, at: number): string {
    return String(this.#native.koffi.decode(readLong(words, at), 'char', -1));
  }

  #copy(from: Pointer, words: number): Int32Array {
    const memory = new NativeMemory(this.#native.koffi, Math.max(words, 2) * 4);
    if (words > 0) this.#native.libc.memcpy(memory.address, from, words * 4);
    return memory.words;
  }
}
