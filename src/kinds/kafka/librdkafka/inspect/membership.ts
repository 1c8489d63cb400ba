/**
 * Asks each broker which brokers are in the cluster, by DescribeCluster (librdkafka 2.3). `rd_kafka_metadata` asks only one: the
 * broker to which the client has sent last (`rd_kafka_broker_weight_usable` in rdkafka_broker.c). If that one hangs, it gets
 * every further question too.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import type { Client } from '../native/client.ts';
import { binder, type Pointer } from '../native/functions.ts';
import type { Native } from '../native/native.ts';
import { AdminQuestion, type Asking, CountedArrays } from './admin-question.ts';

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

export class Membership {
  readonly #client: Client;
  #functions: Functions | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Resolves with the ids that the first of `brokers` to answer names; undefined if none answers within `timeoutMs`. */
  async ask(brokers: readonly number[], timeoutMs: number): Promise<readonly number[] | undefined> {
    const questions: AdminQuestion<readonly number[]>[] = [];
    try {
      for (const broker of brokers) questions.push(new AdminQuestion(this.#client, this.#asking(broker), timeoutMs));
      return await firstAnswer(questions, performance.now() + timeoutMs);
    } finally {
      for (const question of questions) question.close();
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

async function firstAnswer(questions: readonly AdminQuestion<readonly number[]>[], end: number) {
  while (performance.now() < end) {
    for (const question of questions) {
      const answer = question.poll();
      if (answer !== undefined && !('code' in answer)) return answer;
    }
    await sleep(POLL_MS);
  }
  return undefined;
}
