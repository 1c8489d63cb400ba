/** Describes a topic and this client's permissions on it, by DescribeTopics (librdkafka 2.3), which creates no topic. */

import { nativeSection } from '../../../../shared/util/native-section.ts';
import type { Client } from '../native/client.ts';
import { binder, type Pointer } from '../native/functions.ts';
import { NativeMemory, writeLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';
import { AdminQuestion, CountedArrays, type DescribeFailure } from './admin-question.ts';

const P = 'uint64_t';
const FIRST_VERSION = 0x02_03_00_ff;
const DESCRIBE_TOPICS = 19;
const ACL_READ = 3;
const ACL_WRITE = 4;

function bind({ koffi, path }: Native) {
  const f = binder(koffi.load(path));
  type Member<T> = (parent: Pointer) => T;
  type List = (parent: Pointer, count: Pointer) => Pointer;
  const list = (name: string) => f<List>(name, P, [P, P]);
  const member = (name: string) => f<Member<Pointer>>(name, P, [P]);
  return {
    names: f<(names: Pointer, count: number) => Pointer>('rd_kafka_TopicCollection_of_topic_names', P, [P, 'size_t']),
    namesDestroy: f<(names: Pointer) => void>('rd_kafka_TopicCollection_destroy', 'void', [P]),
    wantOperations: f<(options: Pointer, wanted: number) => Pointer>(
      'rd_kafka_AdminOptions_set_include_authorized_operations',
      P,
      [P, 'int'],
    ),
    describe: f<(client: Pointer, names: Pointer, options: Pointer, queue: Pointer) => void>(
      'rd_kafka_DescribeTopics',
      'void',
      [P, P, P, P],
    ),
    result: member('rd_kafka_event_DescribeTopics_result'),
    topics: list('rd_kafka_DescribeTopics_result_topics'),
    topicError: member('rd_kafka_TopicDescription_error'),
    operations: list('rd_kafka_TopicDescription_authorized_operations'),
    partitions: list('rd_kafka_TopicDescription_partitions'),
    partitionId: f<Member<number>>('rd_kafka_TopicPartitionInfo_partition', 'int', [P]),
    leader: member('rd_kafka_TopicPartitionInfo_leader'),
    inSync: list('rd_kafka_TopicPartitionInfo_isr'),
    nodeHost: f<Member<string | null>>('rd_kafka_Node_host', 'const char *', [P]),
    nodePort: f<Member<number>>('rd_kafka_Node_port', 'uint16_t', [P]),
  };
}

/** One partition at the moment of the answer. */
export interface PartitionState {
  readonly id: number;
  readonly hasLeader: boolean;
  /** Number of replicas in sync, including the leader. */
  readonly inSync: number;
}

export interface TopicDescription {
  /** 0, or the broker's code for this topic. */
  readonly code: number;
  readonly partitions: readonly PartitionState[];
  /** Whether the client may write; undefined where the broker does not report it. */
  readonly mayWrite: boolean | undefined;
  /** Whether the client may read, which transactions need; undefined where the broker does not report it. */
  readonly mayRead: boolean | undefined;
  /** `host:port` of the brokers that a producer of this topic connects to, as they name themselves. */
  readonly servers: readonly string[];
}

export const serverName = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

export type TopicAnswer = TopicDescription | DescribeFailure | undefined;

/** Whether this version of librdkafka can describe a topic. */
export const canDescribe = ({ native }: Client): boolean => native.rdkafka.version() >= FIRST_VERSION;

/** Whether there is a controller, which receives admin requests. The mock cluster names one and has none. */
export function hasController({ native, handle }: Client): boolean {
  const { rdkafka, koffi } = native;
  if (rdkafka.controllerId(handle, 0) < 0) return false;
  const id = rdkafka.clusterId(handle, 0);
  if (id === 0) return true;
  const isMock = String(koffi.decode(id, 'char', -1)).startsWith('mockCluster');
  rdkafka.memFree(handle, id);
  return !isMock;
}

export const askTopic = (client: Client, topic: string, timeoutMs: number): AdminQuestion<TopicDescription> =>
  new AdminQuestion(client, new Describing(client.native, topic), timeoutMs);

class Describing {
  readonly operation = DESCRIBE_TOPICS;
  readonly #native: Native;
  readonly #topic: string;
  readonly #functions: ReturnType<typeof bind>;
  readonly #arrays: CountedArrays;

  constructor(native: Native, topic: string) {
    this.#native = native;
    this.#topic = topic;
    this.#functions = nativeSection(() => bind(native));
    this.#arrays = new CountedArrays(native);
  }

  ask(client: Pointer, options: Pointer, queue: Pointer): void {
    const { wantOperations, describe, namesDestroy } = this.#functions;
    const refused = wantOperations(options, 1);
    if (refused !== 0) this.#native.rdkafka.errorDestroy(refused);
    const collection = this.#collection();
    try {
      describe(client, collection, options, queue);
    } finally {
      namesDestroy(collection);
    }
  }

  /** librdkafka copies the name. */
  #collection(): Pointer {
    const text = new NativeMemory(this.#native.koffi, Buffer.byteLength(this.#topic) + 1);
    text.bytes.set(Buffer.from(this.#topic));
    const list = new NativeMemory(this.#native.koffi, 8);
    writeLong(list.words, 0, text.address);
    return this.#functions.names(list.address, 1);
  }

  read(event: Pointer): TopicDescription | DescribeFailure {
    const { result, topics, topicError, partitions, operations } = this.#functions;
    const answer = result(event);
    const [topic] = this.#arrays.pointers((count) => topics(answer, count));
    if (topic === undefined) return { code: -1, text: 'the answer of the broker has nothing about the topic' };
    const error = topicError(topic);
    const found = this.#arrays.pointers((count) => partitions(topic, count));
    const allowed = this.#arrays.integers((count) => operations(topic, count));
    const may = (operation: number) => (allowed.length === 0 ? undefined : allowed.includes(operation));
    return {
      code: error === 0 ? 0 : this.#native.rdkafka.errorCode(error),
      partitions: found.map((partition) => this.#state(partition)),
      mayWrite: may(ACL_WRITE),
      mayRead: may(ACL_READ),
      servers: [...new Set(found.flatMap((partition) => this.#leader(partition)))],
    };
  }

  #state(partition: Pointer): PartitionState {
    const { partitionId, leader, inSync } = this.#functions;
    return {
      id: partitionId(partition),
      hasLeader: leader(partition) !== 0,
      inSync: this.#arrays.pointers((count) => inSync(partition, count)).length,
    };
  }

  #leader(partition: Pointer): string[] {
    const { leader, nodeHost, nodePort } = this.#functions;
    const node = leader(partition);
    return node === 0 ? [] : [serverName(nodeHost(node) ?? '', nodePort(node))];
  }
}
