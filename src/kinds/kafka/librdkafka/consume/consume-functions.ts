/** The functions of librdkafka that only consumers use. */

import { binder, type Pointer } from '../native/functions.ts';
import type { Native } from '../native/native.ts';

const P = 'uint64_t';

export type ConsumeFunctions = ReturnType<typeof bindConsume>;

export function bindConsume({ koffi, path }: Native) {
  const f = binder(koffi.load(path));
  return {
    queue: f<(client: Pointer) => Pointer>('rd_kafka_queue_get_consumer', P, [P]),
    assign: f<(client: Pointer, list: Pointer) => number>('rd_kafka_assign', 'int', [P, P]),
    setOffset: f<(list: Pointer, topic: string, partition: number, offset: number) => number>(
      'rd_kafka_topic_partition_list_set_offset',
      'int',
      [P, 'const char *', 'int32_t', 'int64_t'],
    ),
    /** Writes the addresses of at most `size` messages to `array`. Returns how many, or -1. */
    take: f<(queue: Pointer, timeoutMs: number, array: Pointer, size: number) => number>(
      'rd_kafka_consume_batch_queue',
      'int64_t',
      [P, 'int', P, 'size_t'],
    ),
    messageDestroy: f<(message: Pointer) => void>('rd_kafka_message_destroy', 'void', [P]),
    headers: f<(message: Pointer, headers: Pointer) => number>('rd_kafka_message_headers', 'int', [P, P]),
    /** Writes the addresses of name and value, and the length of the value. Returns a code where there is no such header. */
    headerAt: f<(headers: Pointer, index: number, name: Pointer, value: Pointer, size: Pointer) => number>(
      'rd_kafka_header_get_all',
      'int',
      [P, 'size_t', P, P, P],
    ),
  };
}
