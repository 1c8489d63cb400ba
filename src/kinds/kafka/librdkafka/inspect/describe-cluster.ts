/**
 * Asks brokers which brokers are in the cluster, each by itself, by DescribeCluster (librdkafka 2.3). `rd_kafka_metadata` asks
 * only one: the broker to which the client has sent last (`rd_kafka_broker_weight_usable` in rdkafka_broker.c). If that one hangs,
 * it gets every further question too.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { TransientSendError } from '../../../../shared/errors.ts';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import type { Client } from '../native/client.ts';
import { binder, type Pointer } from '../native/functions.ts';
import type { Native } from '../native/native.ts';
import { AdminQuestion, type Asking, CountedArrays } from './admin-question.ts';
import { canDescribe } from './describe-topic.ts';

const P = 'uint64_t';
const DESCRIBE_CLUSTER = 20;
const ERROR_BYTES = 512;
const POLL_MS = 10;

function bind({ koffi, path }: Native) {
  const f = binder(koffi.load(path));
  return {
    toBroker: f<(options: Pointer, broker: number, error: Buffer, size: number) => number>(
      'rd_kafka_AdminOptions_set_broker',
      'int',
      [P, 'int32_t', 'void *', 'size_t'],
    ),
    describe: f<(client: Pointer, options: Pointer, queue: Pointer) => void>('rd_kafka_DescribeCluster', 'void', [
      P,
      P,
      P,
    ]),
    result: f<(event: Pointer) => Pointer>('rd_kafka_event_DescribeCluster_result', P, [P]),
    nodes: f<(result: Pointer, count: Pointer) => Pointer>('rd_kafka_DescribeCluster_result_nodes', P, [P, P]),
    id: f<(node: Pointer) => number>('rd_kafka_Node_id', 'int', [P]),
  };
}

type Functions = ReturnType<typeof bind>;

/** Brokers that `reach` asks at a time: in a large cluster each would cost a connection. */
const MOST_ASKED = 5;

/** The brokers that are in the cluster, as brokers say that were asked. */
export interface MemberIds {
  readonly ids: readonly number[];
  /** Whether all that are named have answered, so that none of them counts on another one. */
  readonly isComplete: boolean;
}

/**
 * Whether the cluster can be described. Where it has no id (Metadata below version 2, some services), librdkafka up to 2.16 copies
 * that id all the same, and the process ends (`rd_kafka_ClusterDescription_new` in rdkafka_admin.c).
 */
export function canDescribeCluster(client: Client): boolean {
  const { native, handle } = client;
  if (!canDescribe(client)) return false;
  const id = native.rdkafka.clusterId(handle, 0);
  if (id === 0) return false;
  native.rdkafka.memFree(handle, id);
  return true;
}
/** By the id of the broker that is asked. */
type Questions = ReadonlyMap<number, Pick<AdminQuestion<readonly number[]>, 'poll'>>;

export class ClusterDescription {
  readonly #client: Client;
  #functions: Functions | undefined;
  /** The broker that answered `reach` last. */
  #lively: number | undefined;
  /** Where the brokers begin that `reach` asks next. */
  #next = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Resolves when all of `brokers` that are named have answered, or after `timeoutMs` with what the others say.
   * @throws TransientSendError when none answers
   */
  async members(brokers: readonly number[], timeoutMs: number): Promise<MemberIds> {
    const end = performance.now() + timeoutMs;
    const named = await this.#ask(brokers, timeoutMs, (questions) => namesOf(questions, end));
    if (named.ids.length === 0) throw new TransientSendError('no broker answered a question about the cluster');
    return named;
  }

  /** Waits until a broker answers, for at most `timeoutMs`. One that answered before is asked alone, so that it is the last one sent to. */
  async reach(brokers: readonly number[], timeoutMs: number): Promise<void> {
    const lively = brokers.filter((id) => id === this.#lively);
    const asked = lively.length > 0 ? lively : this.#some(brokers);
    this.#lively = await this.#ask(asked, timeoutMs, async (questions) => {
      for await (const { by } of answers(questions, performance.now() + timeoutMs)) return by;
      return undefined;
    });
  }

  #some(brokers: readonly number[]): readonly number[] {
    const from = this.#next % Math.max(brokers.length, 1);
    this.#next = from + MOST_ASKED;
    return [...brokers.slice(from), ...brokers.slice(0, from)].slice(0, MOST_ASKED);
  }

  /** @throws TransientSendError when the cluster cannot be described */
  async #ask<T>(brokers: readonly number[], timeoutMs: number, read: (questions: Questions) => Promise<T>): Promise<T> {
    if (!canDescribeCluster(this.#client)) throw new TransientSendError('the cluster has not told its id');
    const questions = new Map<number, AdminQuestion<readonly number[]>>();
    try {
      for (const id of brokers) questions.set(id, new AdminQuestion(this.#client, this.#asking(id), timeoutMs));
      return await read(questions);
    } finally {
      for (const question of questions.values()) question.close();
    }
  }

  #asking(broker: number): Asking<readonly number[]> {
    const { native } = this.#client;
    this.#functions ??= nativeSection(() => bind(native));
    const { toBroker, describe, result, nodes, id } = this.#functions;
    return {
      operation: DESCRIBE_CLUSTER,
      ask: (client, options, queue) => {
        toBroker(options, broker, Buffer.alloc(ERROR_BYTES), ERROR_BYTES);
        describe(client, options, queue);
      },
      read: (event) =>
        new CountedArrays(native).pointers((count) => nodes(result(event), count)).map((node) => id(node)),
    };
  }
}

/** Reads the answers until all that are named have answered, or until `end`, a time of `performance.now()`. */
export async function namesOf(questions: Questions, end: number): Promise<MemberIds> {
  const named = new Set<number>();
  const open = new Set(questions.keys());
  const isComplete = () => named.size > 0 && ![...named].some((id) => open.has(id));
  for await (const { by, answer } of answers(questions, end)) {
    open.delete(by);
    for (const id of answer) named.add(id);
    if (isComplete()) break;
  }
  return { ids: [...named], isComplete: isComplete() };
}

/** Yields the answers as they come, until `end`. */
async function* answers(questions: Questions, end: number) {
  const open = new Map(questions);
  for (; open.size > 0 && performance.now() < end; await sleep(POLL_MS))
    for (const [by, question] of open) {
      const answer = question.poll();
      if (answer === undefined) continue;
      open.delete(by);
      if (!('code' in answer)) yield { by, answer };
    }
}
