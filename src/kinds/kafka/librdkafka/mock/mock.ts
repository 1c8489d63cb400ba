/** librdkafka's mock cluster: a Kafka-protocol server inside this process, on a native thread, that can simulate failures. */

import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { KoffiFunc } from 'koffi';
import { OutspoolError } from '../../../../shared/errors.ts';
import { orUndo } from '../../../../shared/util/or-undo.ts';
import { destroySoon } from '../close/destroy.ts';
import { createClient } from '../native/configure.ts';
import type { Pointer } from '../native/functions.ts';
import type { Native } from '../native/native.ts';
import { MockRequests } from './mock-requests.ts';

const P = 'uint64_t';

type Functions = ReturnType<typeof bindMock>;

function bindMock({ koffi, path }: Native) {
  const library = koffi.load(path);
  const f = <F extends (...args: never[]) => unknown>(name: string, result: string, args: string[]): F =>
    library.func(`rd_kafka_mock_${name}`, result, args) as unknown as F;
  return {
    create: f<(client: Pointer, brokers: number) => Pointer>('cluster_new', P, [P, 'int']),
    destroy: library.func('rd_kafka_mock_cluster_destroy', 'void', [P]) as KoffiFunc<(cluster: Pointer) => void>,
    bootstraps: f<(cluster: Pointer) => string>('cluster_bootstraps', 'const char *', [P]),
    topicCreate: f<(cluster: Pointer, name: string, partitions: number, replication: number) => number>(
      'topic_create',
      'int',
      [P, 'const char *', 'int', 'int'],
    ),
    topicError: f<(cluster: Pointer, name: string, code: number) => void>('topic_set_error', 'void', [
      P,
      'const char *',
      'int',
    ]),
    brokerDown: f<(cluster: Pointer, id: number) => number>('broker_set_down', 'int', [P, 'int32_t']),
    brokerUp: f<(cluster: Pointer, id: number) => number>('broker_set_up', 'int', [P, 'int32_t']),
    brokerRtt: f<(cluster: Pointer, id: number, ms: number) => number>('broker_set_rtt', 'int', [P, 'int32_t', 'int']),
    pushErrors: f<(cluster: Pointer, api: number, count: number, codes: Int32Array) => void>(
      'push_request_errors_array',
      'void',
      [P, 'int16_t', 'size_t', 'void *'],
    ),
    clearErrors: f<(cluster: Pointer, api: number) => void>('clear_request_errors', 'void', [P, 'int16_t']),
  };
}

/** API keys of the Kafka protocol. */
export const API = { produce: 0 } as const;

export class MockCluster {
  readonly #native: Native;
  readonly #functions: Functions;
  readonly #client: Pointer;
  #cluster: Pointer;
  #requests: MockRequests | undefined;

  constructor(native: Native, brokers: number) {
    this.#native = native;
    this.#functions = bindMock(native);
    assertDescriptors(FIXED_DESCRIPTORS + brokers);
    this.#client = createClient(native, { log_level: '0' });
    this.#cluster = orUndo(
      () => this.#create(brokers),
      () => destroySoon(native, this.#client),
    );
  }

  #create(brokers: number): Pointer {
    const cluster = this.#functions.create(this.#client, brokers);
    if (cluster === 0) throw new OutspoolError('librdkafka makes no embedded cluster: see its log');
    return cluster;
  }

  get bootstraps(): string {
    return this.#functions.bootstraps(this.#live());
  }

  createTopic(name: string, partitions: number, replication: number): void {
    this.#check(this.#functions.topicCreate(this.#live(), name, partitions, replication), `topic ${name}`);
  }

  setTopicError(name: string, code: number): void {
    this.#functions.topicError(this.#live(), name, code);
  }

  setDown(id: number, down: boolean): void {
    const set = down ? this.#functions.brokerDown : this.#functions.brokerUp;
    this.#check(set(this.#live(), id), `broker ${id}`);
  }

  setRtt(id: number, ms: number): void {
    this.#check(this.#functions.brokerRtt(this.#live(), id, ms), `broker ${id}`);
  }

  pushErrors(api: number, codes: readonly number[]): void {
    this.#functions.pushErrors(this.#live(), api, codes.length, Int32Array.from(codes));
  }

  clearErrors(api: number): void {
    this.#functions.clearErrors(this.#live(), api);
  }

  /** Returns the number of requests of this kind since the first call of this method, which returns 0. */
  requests(api: number): number {
    this.#requests ??= new MockRequests(this.#native, this.#live());
    return this.#requests.count(api);
  }

  /** Joins the cluster's thread on a thread of the pool, so that JavaScript goes on meanwhile. May be called twice. */
  async destroy(): Promise<void> {
    const cluster = this.#cluster;
    if (cluster === 0) return;
    this.#cluster = 0;
    await new Promise<void>((resolve) => this.#functions.destroy.async(cluster, () => resolve()));
    destroySoon(this.#native, this.#client);
  }

  #live(): Pointer {
    if (this.#cluster === 0) throw new OutspoolError('the embedded cluster has been stopped');
    return this.#cluster;
  }

  #check(code: number, what: string): void {
    if (code !== 0) throw new OutspoolError(`${what}: ${this.#native.rdkafka.errorText(code)}`);
  }
}

/** Descriptors for the client's pipe, the cluster's two pipes, and one to spare. Each broker takes one more. */
const FIXED_DESCRIPTORS = 7;

/** Checks that the process may open `count` descriptors. Without them the cluster aborts it, or takes descriptor 0. */
function assertDescriptors(count: number): void {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, 'r'));
  } catch (cause) {
    throw new OutspoolError('too many open files for an embedded cluster: raise the limit (ulimit -n)', { cause });
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
