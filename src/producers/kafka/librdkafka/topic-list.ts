/**
 * Whether a topic is there, by the list of all topics: for brokers without a controller, which DescribeTopics asks (the
 * embedded cluster), and for versions of librdkafka without DescribeTopics. To ask for the topic alone could create it.
 *
 * The call waits for its answer, so it does that on a thread of libuv's pool.
 */

import type { KoffiFunc } from 'koffi';
import type { DescribeFailure } from './admin-question.ts';
import type { Client } from './client.ts';
import { type PartitionState, serverName, type TopicDescription } from './describe-topic.ts';
import type { Pointer } from './functions.ts';
import { NativeMemory, readLong } from './memory.ts';
import type { Native } from './native.ts';

const P = 'uint64_t';
const UNKNOWN_TOPIC = 3;

/** 32-bit words in `rd_kafka_metadata`, its brokers and its topics. */
const LIST = { brokerCount: 0, brokers: 2, topicCount: 4, topics: 6, words: 8 } as const;
const BROKER = { host: 2, port: 4, words: 6 } as const;
const TOPIC = { name: 0, partitionCount: 2, partitions: 4, error: 6, words: 8 } as const;
const PARTITION = { id: 0, leader: 2, inSyncCount: 6, words: 10 } as const;

type Metadata = KoffiFunc<(client: Pointer, all: number, only: Pointer, result: Pointer, ms: number) => number>;

/** Resolves within `timeoutMs`; the client must live until then. */
export async function describeByList(
  { native, handle }: Client,
  topic: string,
  timeoutMs: number,
): Promise<TopicDescription | DescribeFailure> {
  const library = native.koffi.load(native.path);
  const metadata = library.func('rd_kafka_metadata', 'int', [P, 'int', P, P, 'int']) as Metadata;
  const destroy = library.func('rd_kafka_metadata_destroy', 'void', [P]);
  const result = new NativeMemory(native.koffi, 8);
  const code = await new Promise<number>((resolve, reject) =>
    metadata.async(handle, 1, 0, result.address, Math.ceil(timeoutMs), (error: Error | null, answer: number) =>
      error ? reject(error) : resolve(answer),
    ),
  );
  if (code !== 0) return { code, text: native.rdkafka.errorText(code) };
  const list = readLong(result.words, 0);
  try {
    return find(native, list, topic);
  } finally {
    destroy(list);
  }
}

function find(native: Native, list: Pointer, name: string): TopicDescription {
  const head = copy(native, list, LIST.words);
  const found = structs(native, head, [LIST.topics, LIST.topicCount, TOPIC.words]).find(
    (topic) => textAt(native, topic, TOPIC.name) === name,
  );
  return {
    code: found === undefined ? UNKNOWN_TOPIC : (found[TOPIC.error] as number),
    partitions: found === undefined ? [] : partitionsOf(native, found),
    mayWrite: undefined,
    mayRead: undefined,
    servers: structs(native, head, [LIST.brokers, LIST.brokerCount, BROKER.words]).map((broker) =>
      serverName(textAt(native, broker, BROKER.host), broker[BROKER.port] as number),
    ),
  };
}

/** A partition without a leader has -1 in its place. */
const partitionsOf = (native: Native, topic: Int32Array): PartitionState[] =>
  structs(native, topic, [TOPIC.partitions, TOPIC.partitionCount, PARTITION.words]).map((partition) => ({
    id: partition[PARTITION.id] as number,
    hasLeader: (partition[PARTITION.leader] as number) >= 0,
    inSync: partition[PARTITION.inSyncCount] as number,
  }));

type Place = readonly [array: number, count: number, words: number];

/** The structs of an array, each as its words. */
function structs(native: Native, head: Int32Array, [array, count, words]: Place): Int32Array[] {
  const length = head[count] as number;
  const all = copy(native, readLong(head, array), length * words);
  return Array.from({ length }, (_, index) => all.subarray(index * words, (index + 1) * words));
}

const textAt = ({ koffi }: Native, words: Int32Array, at: number): string =>
  String(koffi.decode(readLong(words, at), 'char', -1));

function copy({ koffi, libc }: Native, from: Pointer, words: number): Int32Array {
  const memory = new NativeMemory(koffi, Math.max(words, 2) * 4);
  if (words > 0) libc.memcpy(memory.address, from, words * 4);
  return memory.words;
}
