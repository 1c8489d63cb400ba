/**
 * Whether a topic is there, by the list of all topics: for brokers without a controller, which DescribeTopics asks (the
 * embedded cluster), and for versions of librdkafka without DescribeTopics. To ask for the topic alone could create it.
 *
 * The call waits for its answer, so it does that on a thread of libuv's pool.
 */

import type { KoffiFunc } from 'koffi';
import type { Client } from './client.ts';
import type { DescribeFailure, TopicDescription } from './describe-topic.ts';
import type { Pointer } from './functions.ts';
import { NativeMemory, readLong } from './memory.ts';
import type { Native } from './native.ts';

const P = 'uint64_t';
const UNKNOWN_TOPIC = 3;

/** 32-bit words in `rd_kafka_metadata` and in its topics. */
const LIST = { topicCount: 4, topics: 6, words: 8 } as const;
const TOPIC = { name: 0, partitionCount: 2, error: 6, words: 8 } as const;

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
  const count = head[LIST.topicCount] as number;
  const topics = copy(native, readLong(head, LIST.topics), count * TOPIC.words);
  for (let at = 0; at < count * TOPIC.words; at += TOPIC.words) {
    if (native.koffi.decode(readLong(topics, at + TOPIC.name), 'char', -1) !== name) continue;
    return described(topics[at + TOPIC.error] as number, topics[at + TOPIC.partitionCount] as number);
  }
  return described(UNKNOWN_TOPIC, 0);
}

const described = (code: number, partitions: number): TopicDescription => ({
  code,
  partitions,
  mayWrite: undefined,
  leaders: [],
});

function copy({ koffi, libc }: Native, from: Pointer, words: number): Int32Array {
  const memory = new NativeMemory(koffi, Math.max(words, 2) * 4);
  if (words > 0) libc.memcpy(memory.address, from, words * 4);
  return memory.words;
}
