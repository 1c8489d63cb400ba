/** The functions of librdkafka and of the C library that this folder calls, with their types. */

import type { LibraryHandle } from 'koffi';

/** An address in this process. User space ends below 2^47, so a number holds it exactly. */
export type Pointer = number;

/** The type of an address in koffi's signatures. An integer, because this code does the arithmetic and koffi converts nothing. */
const P = 'uint64_t';

/** koffi types results as `any`. This cast replaces that with our own signature, and is the only such cast. */
export function binder(library: LibraryHandle) {
  return <F extends (...args: never[]) => unknown>(name: string, result: string, args: string[]): F =>
    library.func(name, result, args) as unknown as F;
}

export type Librdkafka = ReturnType<typeof bindLibrdkafka>;
export type LibC = ReturnType<typeof bindLibC>;

export function bindLibrdkafka(library: LibraryHandle) {
  return { ...bindClient(library), ...bindProduce(library), ...bindEvents(library) };
}

function bindClient(library: LibraryHandle) {
  const f = binder(library);
  return {
    version: f<() => number>('rd_kafka_version', 'int', []),
    versionText: f<() => string>('rd_kafka_version_str', 'const char *', []),
    confNew: f<() => Pointer>('rd_kafka_conf_new', P, []),
    confSet: f<(conf: Pointer, name: string, value: string, error: Buffer, size: number) => number>(
      'rd_kafka_conf_set',
      'int',
      [P, 'const char *', 'const char *', 'void *', 'size_t'],
    ),
    confDestroy: f<(conf: Pointer) => void>('rd_kafka_conf_destroy', 'void', [P]),
    confSetEvents: f<(conf: Pointer, events: number) => void>('rd_kafka_conf_set_events', 'void', [P, 'int']),
    confSetThrottle: f<(conf: Pointer, callback: Pointer) => void>('rd_kafka_conf_set_throttle_cb', 'void', [P, P]),
    create: f<(type: number, conf: Pointer, error: Buffer, size: number) => Pointer>('rd_kafka_new', P, [
      'int',
      P,
      'void *',
      'size_t',
    ]),
    setLogQueue: f<(client: Pointer, queue: Pointer) => number>('rd_kafka_set_log_queue', 'int', [P, P]),
    controllerId: f<(client: Pointer, timeoutMs: number) => number>('rd_kafka_controllerid', 'int', [P, 'int']),
    clusterId: f<(client: Pointer, timeoutMs: number) => Pointer>('rd_kafka_clusterid', P, [P, 'int']),
    memFree: f<(client: Pointer, memory: Pointer) => void>('rd_kafka_mem_free', 'void', [P, P]),
    threadCount: f<() => number>('rd_kafka_thread_cnt', 'int', []),
    topicNew: f<(client: Pointer, name: string, conf: Pointer) => Pointer>('rd_kafka_topic_new', P, [
      P,
      'const char *',
      P,
    ]),
    topicDestroy: f<(topic: Pointer) => void>('rd_kafka_topic_destroy', 'void', [P]),
  };
}

function bindProduce(library: LibraryHandle) {
  const f = binder(library);
  return {
    produceBatch: f<(topic: Pointer, partition: number, flags: number, messages: Pointer, count: number) => number>(
      'rd_kafka_produce_batch',
      'int',
      [P, 'int32_t', 'int', P, 'int'],
    ),
    produceva: f<(client: Pointer, arguments_: Pointer, count: number) => Pointer>('rd_kafka_produceva', P, [
      P,
      P,
      'size_t',
    ]),
    purge: f<(client: Pointer, flags: number) => number>('rd_kafka_purge', 'int', [P, 'int']),
    fatalError: f<(client: Pointer, text: Pointer, size: number) => number>('rd_kafka_fatal_error', 'int', [
      P,
      P,
      'size_t',
    ]),
    outqLength: f<(client: Pointer) => number>('rd_kafka_outq_len', 'int', [P]),
    lastError: f<() => number>('rd_kafka_last_error', 'int', []),
    errorText: f<(code: number) => string>('rd_kafka_err2str', 'const char *', ['int']),
    errorName: f<(code: number) => string>('rd_kafka_err2name', 'const char *', ['int']),
    errorCode: f<(error: Pointer) => number>('rd_kafka_error_code', 'int', [P]),
    errorDestroy: f<(error: Pointer) => void>('rd_kafka_error_destroy', 'void', [P]),
  };
}

function bindEvents(library: LibraryHandle) {
  const f = binder(library);
  return {
    queueMain: f<(client: Pointer) => Pointer>('rd_kafka_queue_get_main', P, [P]),
    queueDestroy: f<(queue: Pointer) => void>('rd_kafka_queue_destroy', 'void', [P]),
    queuePoll: f<(queue: Pointer, timeoutMs: number) => Pointer>('rd_kafka_queue_poll', P, [P, 'int']),
    queueIoEvent: f<(queue: Pointer, fd: number, payload: Buffer | null, size: number) => void>(
      'rd_kafka_queue_io_event_enable',
      'void',
      [P, 'int', 'const void *', 'size_t'],
    ),
    eventType: f<(event: Pointer) => number>('rd_kafka_event_type', 'int', [P]),
    eventMessages: f<(event: Pointer, array: Pointer, size: number) => number>(
      'rd_kafka_event_message_array',
      'size_t',
      [P, P, 'size_t'],
    ),
    messageTimestamp: f<(message: Pointer, type: Pointer) => number>('rd_kafka_message_timestamp', 'int64_t', [P, P]),
    /** Whether a broker has the message: 0 = no, 1 = possibly, 2 = yes. */
    messageStatus: f<(message: Pointer) => number>('rd_kafka_message_status', 'int', [P]),
    eventDestroy: f<(event: Pointer) => void>('rd_kafka_event_destroy', 'void', [P]),
    eventError: f<(event: Pointer) => number>('rd_kafka_event_error', 'int', [P]),
    eventErrorText: f<(event: Pointer) => string | null>('rd_kafka_event_error_string', 'const char *', [P]),
    eventStatistics: f<(event: Pointer) => string | null>('rd_kafka_event_stats', 'const char *', [P]),
    /** Writes text and level to addresses. koffi ends the process if it fills an array in a thread that is being ended. */
    eventLog: f<(event: Pointer, facility: Pointer, text: Pointer, level: Pointer) => number>(
      'rd_kafka_event_log',
      'int',
      [P, P, P, P],
    ),
  };
}

export function bindLibC(library: LibraryHandle) {
  const f = binder(library);
  return {
    dlopen: f<(path: string, flags: number) => Pointer>('dlopen', P, ['const char *', 'int']),
    dlerror: f<() => string | null>('dlerror', 'const char *', []),
    dlsym: f<(library: Pointer, name: string) => Pointer>('dlsym', P, [P, 'const char *']),
    memcpy: f<(to: Pointer, from: Pointer, size: number) => Pointer>('memcpy', P, [P, P, 'size_t']),
    pipe: f<(fds: Int32Array) => number>('pipe', 'int', ['void *']),
    /** Only Linux has it. */
    pipe2:
      process.platform === 'linux'
        ? f<(fds: Int32Array, flags: number) => number>('pipe2', 'int', ['void *', 'int'])
        : undefined,
    close: f<(fd: number) => number>('close', 'int', ['int']),
    fcntl: f<(fd: number, command: number, type: 'int', value: number) => number>('fcntl', 'int', [
      'int',
      'int',
      '...',
    ]),
    pthreadCreate: f<(id: BigUint64Array, attributes: null, start: Pointer, argument: Pointer) => number>(
      'pthread_create',
      'int',
      ['void *', 'void *', P, P],
    ),
    pthreadDetach: f<(id: bigint) => number>('pthread_detach', 'int', [P]),
  };
}
