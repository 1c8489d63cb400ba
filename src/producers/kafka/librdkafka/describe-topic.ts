/**
 * What the broker says of a topic, and what we may do with it: librdkafka's DescribeTopics, which creates no topic.
 * Bound when it is needed, because versions before 2.3 lack it. Nothing here waits: the answer comes as an event.
 */

import { orUndo } from '../../../or-undo.ts';
import type { Client } from './client.ts';
import type { Pointer } from './functions.ts';
import { NativeMemory, readLong, writeLong } from './memory.ts';
import type { Native } from './native.ts';

const P = 'uint64_t';
const FIRST_VERSION = 0x02_03_00_ff;
const DESCRIBE_TOPICS = 19;
const ACL_WRITE = 4;
const ERROR_BYTES = 512;

type Functions = ReturnType<typeof bind>;

function bind({ koffi, path }: Native) {
  const library = koffi.load(path);
  const f = <F extends (...args: never[]) => unknown>(name: string, result: string, args: string[]): F =>
    library.func(`rd_kafka_${name}`, result, args) as unknown as F;
  type Member<T> = (parent: Pointer) => T;
  type List = (parent: Pointer, count: Pointer) => Pointer;
  return {
    queueNew: f<(client: Pointer) => Pointer>('queue_new', P, [P]),
    names: f<(names: Pointer, count: number) => Pointer>('TopicCollection_of_topic_names', P, [P, 'size_t']),
    namesDestroy: f<(names: Pointer) => void>('TopicCollection_destroy', 'void', [P]),
    options: f<(client: Pointer, operation: number) => Pointer>('AdminOptions_new', P, [P, 'int']),
    optionsDestroy: f<(options: Pointer) => void>('AdminOptions_destroy', 'void', [P]),
    wantOperations: f<(options: Pointer, wanted: number) => Pointer>(
      'AdminOptions_set_include_authorized_operations',
      P,
      [P, 'int'],
    ),
    timeout: f<(options: Pointer, ms: number, error: Buffer, size: number) => number>(
      'AdminOptions_set_request_timeout',
      'int',
      [P, 'int', 'void *', 'size_t'],
    ),
    describe: f<(client: Pointer, names: Pointer, options: Pointer, queue: Pointer) => void>('DescribeTopics', 'void', [
      P,
      P,
      P,
      P,
    ]),
    result: f<Member<Pointer>>('event_DescribeTopics_result', P, [P]),
    topics: f<List>('DescribeTopics_result_topics', P, [P, P]),
    topicError: f<Member<Pointer>>('TopicDescription_error', P, [P]),
    operations: f<List>('TopicDescription_authorized_operations', P, [P, P]),
    partitions: f<List>('TopicDescription_partitions', P, [P, P]),
    leader: f<Member<Pointer>>('TopicPartitionInfo_leader', P, [P]),
    nodeHost: f<Member<string | null>>('Node_host', 'const char *', [P]),
    nodePort: f<Member<number>>('Node_port', 'uint16_t', [P]),
  };
}

export interface TopicDescription {
  /** 0, or the broker's code for this topic. */
  readonly code: number;
  readonly partitions: number;
  /** Whether the client may write; undefined where the broker does not say. */
  readonly mayWrite: boolean | undefined;
  /** `host:port` of the brokers that a producer of this topic connects to, as they name themselves. */
  readonly servers: readonly string[];
}

/** The request failed as a whole. */
export interface DescribeFailure {
  readonly code: number;
  readonly text: string;
}

export const serverName = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

export type TopicAnswer = TopicDescription | DescribeFailure | undefined;

/** Whether there is a function to ask with, and a controller to be asked: the mock cluster names one that it has not. */
export function canDescribe({ native, handle }: Client): boolean {
  const { rdkafka, koffi } = native;
  if (rdkafka.version() < FIRST_VERSION || rdkafka.controllerId(handle, 0) < 0) return false;
  const id = rdkafka.clusterId(handle, 0);
  if (id === 0) return true;
  const isMock = String(koffi.decode(id, 'char', -1)).startsWith('mockCluster');
  rdkafka.memFree(handle, id);
  return !isMock;
}

/** One question that has been asked; `close` it before its client. */
export class TopicQuestion {
  readonly #native: Native;
  readonly #functions: Functions;
  readonly #queue: Pointer;
  readonly #count: NativeMemory;

  constructor({ native, handle }: Client, topic: string, timeoutMs: number) {
    this.#native = native;
    this.#functions = bind(native);
    this.#count = new NativeMemory(native.koffi, 8);
    this.#queue = this.#functions.queueNew(handle);
    orUndo(
      () => this.#ask(handle, topic, timeoutMs),
      () => this.close(),
    );
  }

  #ask(client: Pointer, topic: string, timeoutMs: number): void {
    const { options: create, wantOperations, timeout, describe, namesDestroy, optionsDestroy } = this.#functions;
    const options = create(client, DESCRIBE_TOPICS);
    try {
      const refused = wantOperations(options, 1);
      if (refused !== 0) this.#native.rdkafka.errorDestroy(refused);
      timeout(options, Math.ceil(timeoutMs), Buffer.alloc(ERROR_BYTES), ERROR_BYTES);
      const collection = this.#collectionOf(topic);
      try {
        describe(client, collection, options, this.#queue);
      } finally {
        namesDestroy(collection);
      }
    } finally {
      optionsDestroy(options);
    }
  }

  /** librdkafka copies the name. */
  #collectionOf(topic: string): Pointer {
    const text = new NativeMemory(this.#native.koffi, Buffer.byteLength(topic) + 1);
    text.bytes.set(Buffer.from(topic));
    const list = new NativeMemory(this.#native.koffi, 8);
    writeLong(list.words, 0, text.address);
    return this.#functions.names(list.address, 1);
  }

  /** The answer, if it has come. */
  poll(): TopicDescription | DescribeFailure | undefined {
    const { rdkafka } = this.#native;
    const event = rdkafka.queuePoll(this.#queue, 0);
    if (event === 0) return undefined;
    try {
      const code = rdkafka.eventError(event);
      if (code !== 0) return { code, text: rdkafka.eventErrorText(event) ?? rdkafka.errorText(code) };
      return this.#read(this.#functions.result(event));
    } finally {
      rdkafka.eventDestroy(event);
    }
  }

  #read(result: Pointer): TopicDescription | DescribeFailure {
    const { topics, topicError, partitions } = this.#functions;
    const [topic] = this.#pointers(topics(result, this.#count.address));
    if (topic === undefined) return { code: -1, text: 'the broker says nothing of the topic' };
    const error = topicError(topic);
    const code = error === 0 ? 0 : this.#native.rdkafka.errorCode(error);
    const found = this.#pointers(partitions(topic, this.#count.address));
    return {
      code,
      partitions: found.length,
      mayWrite: this.#mayWrite(topic),
      servers: [...new Set(found.flatMap((partition) => this.#leader(partition)))],
    };
  }

  #leader(partition: Pointer): string[] {
    const node = this.#functions.leader(partition);
    if (node === 0) return [];
    return [serverName(this.#functions.nodeHost(node) ?? '', this.#functions.nodePort(node))];
  }

  #mayWrite(topic: Pointer): boolean | undefined {
    const list = this.#functions.operations(topic, this.#count.address);
    const { words, length } = this.#copy(list, 4);
    return length === 0 ? undefined : words.subarray(0, length).includes(ACL_WRITE);
  }

  #pointers(list: Pointer): Pointer[] {
    const { words, length } = this.#copy(list, 8);
    return Array.from({ length }, (_, index) => readLong(words, index * 2));
  }

  /** A copy of the array that the last call has counted. */
  #copy(list: Pointer, size: number): { words: Int32Array; length: number } {
    const length = list === 0 ? 0 : readLong(this.#count.words, 0);
    const copy = new NativeMemory(this.#native.koffi, Math.max(length * size, 8));
    if (length > 0) this.#native.libc.memcpy(copy.address, list, length * size);
    return { words: copy.words, length };
  }

  close(): void {
    this.#native.rdkafka.queueDestroy(this.#queue);
  }
}
