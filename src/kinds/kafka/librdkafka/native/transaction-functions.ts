/** The functions of librdkafka that transactions use: the calls, their errors, and a consumer group's offsets. */

import type { LibraryHandle } from 'koffi';
import { binder, type Pointer } from './functions.ts';

const P = 'uint64_t';

type Async<A extends unknown[]> = (...args: A) => Promise<Pointer>;

/** Runs a blocking call on a thread of koffi's pool. */
function promised<A extends unknown[]>(native: ReturnType<LibraryHandle['func']>): Async<A> {
  return (...args) =>
    new Promise((resolve, reject) => {
      native.async(...args, (error: unknown, result: Pointer) => (error ? reject(error) : resolve(result)));
    });
}

export type TransactionFunctions = ReturnType<typeof bindTransactions>;

/** Binds the transaction calls. They return an `rd_kafka_error_t *`, 0 for success. Times are in ms. */
export function bindTransactions(library: LibraryHandle) {
  const f = binder(library);
  const timed = (name: string) => promised<[client: Pointer, timeoutMs: number]>(library.func(name, P, [P, 'int']));
  const flag = (name: string) => f<(error: Pointer) => number>(name, 'int', [P]);
  return {
    init: timed('rd_kafka_init_transactions'),
    begin: promised<[client: Pointer]>(library.func('rd_kafka_begin_transaction', P, [P])),
    sendOffsets: promised<[client: Pointer, offsets: Pointer, group: Pointer, timeoutMs: number]>(
      library.func('rd_kafka_send_offsets_to_transaction', P, [P, P, P, 'int']),
    ),
    commit: timed('rd_kafka_commit_transaction'),
    abort: timed('rd_kafka_abort_transaction'),
    fatalError: f<(client: Pointer, text: Pointer, size: number) => number>('rd_kafka_fatal_error', 'int', [
      P,
      P,
      'size_t',
    ]),
    errorText: f<(error: Pointer) => string>('rd_kafka_error_string', 'const char *', [P]),
    isFatal: flag('rd_kafka_error_is_fatal'),
    isRetriable: flag('rd_kafka_error_is_retriable'),
    needsAbort: flag('rd_kafka_error_txn_requires_abort'),
  };
}

export type OffsetFunctions = ReturnType<typeof bindOffsets>;

/** Binds the functions that write and read a group's offsets. */
export function bindOffsets(library: LibraryHandle) {
  return { ...bindLists(library), ...bindRequest(library), ...bindResult(library) };
}

type Destroy = (object: Pointer) => void;

function bindLists(library: LibraryHandle) {
  const f = binder(library);
  return {
    malloc: f<(client: Pointer, size: number) => Pointer>('rd_kafka_mem_malloc', P, [P, 'size_t']),
    groupNew: f<(id: string) => Pointer>('rd_kafka_consumer_group_metadata_new', P, ['const char *']),
    groupDestroy: f<Destroy>('rd_kafka_consumer_group_metadata_destroy', 'void', [P]),
    listNew: f<(size: number) => Pointer>('rd_kafka_topic_partition_list_new', P, ['int']),
    listAdd: f<(list: Pointer, topic: string, partition: number) => Pointer>('rd_kafka_topic_partition_list_add', P, [
      P,
      'const char *',
      'int32_t',
    ]),
    listDestroy: f<Destroy>('rd_kafka_topic_partition_list_destroy', 'void', [P]),
  };
}

function bindRequest(library: LibraryHandle) {
  const f = binder(library);
  const option = (name: string) => f<(options: Pointer, value: number) => Pointer>(name, P, [P, 'int']);
  return {
    optionsNew: f<(client: Pointer, operation: number) => Pointer>('rd_kafka_AdminOptions_new', P, [P, 'int']),
    optionsStable: option('rd_kafka_AdminOptions_set_require_stable_offsets'),
    optionsDestroy: f<Destroy>('rd_kafka_AdminOptions_destroy', 'void', [P]),
    queueNew: f<(client: Pointer) => Pointer>('rd_kafka_queue_new', P, [P]),
    requestNew: f<(group: string, partitions: Pointer) => Pointer>('rd_kafka_ListConsumerGroupOffsets_new', P, [
      'const char *',
      P,
    ]),
    requestDestroy: f<Destroy>('rd_kafka_ListConsumerGroupOffsets_destroy', 'void', [P]),
    request: f<(client: Pointer, requests: BigUint64Array, count: number, options: Pointer, queue: Pointer) => void>(
      'rd_kafka_ListConsumerGroupOffsets',
      'void',
      [P, 'void *', 'size_t', P, P],
    ),
  };
}

function bindResult(library: LibraryHandle) {
  const f = binder(library);
  return {
    result: f<(event: Pointer) => Pointer>('rd_kafka_event_ListConsumerGroupOffsets_result', P, [P]),
    resultGroups: f<(result: Pointer, count: BigUint64Array) => Pointer>(
      'rd_kafka_ListConsumerGroupOffsets_result_groups',
      P,
      [P, 'void *'],
    ),
    groupError: f<(group: Pointer) => Pointer>('rd_kafka_group_result_error', P, [P]),
    groupPartitions: f<(group: Pointer) => Pointer>('rd_kafka_group_result_partitions', P, [P]),
  };
}
