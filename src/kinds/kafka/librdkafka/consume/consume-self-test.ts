/**
 * Proves without a broker that librdkafka returns headers as `HeaderReader` reads them, and that a partition's offset is where
 * `PartitionLayout` has it. The layout of a message is proved by the self-test of the producer (native/self-test.ts).
 */

import { OutspoolError } from '../../../../shared/errors.ts';
import { binder, type Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';
import { BytePool } from './byte-pool.ts';
import type { ConsumeFunctions } from './consume-functions.ts';
import { HeaderReader } from './header-reader.ts';
import type { ReadHeaders } from './read-message.ts';

const P = 'uint64_t';
const HEADERS: ReadHeaders = [
  ['name', Buffer.from([1, 0, 255])],
  ['empty', Buffer.alloc(0)],
  ['null', null],
  ['name', Buffer.from('again')],
];
const PARTITION = 7;
const OFFSET = 0x12_3456_789a;

function bind({ koffi, path }: Native) {
  const f = binder(koffi.load(path));
  return {
    create: f<(count: number) => Pointer>('rd_kafka_headers_new', P, ['size_t']),
    add: f<(list: Pointer, name: string, nameSize: number, value: Pointer, size: number) => number>(
      'rd_kafka_header_add',
      'int',
      [P, 'const char *', 'int64_t', P, 'int64_t'],
    ),
    destroy: f<(list: Pointer) => void>('rd_kafka_headers_destroy', 'void', [P]),
  };
}

/** @throws OutspoolError when something is read that was not written */
export function consumeSelfTest(native: Native, functions: ConsumeFunctions): void {
  if (!sameHeaders(headersOf(native, functions))) throw mismatch(native, 'headers');
  if (offsetOf(native, functions) !== OFFSET) throw mismatch(native, 'the offset of a partition');
}

const mismatch = ({ rdkafka, path }: Native, what: string) =>
  new OutspoolError(`librdkafka ${rdkafka.versionText()} at ${path} is not laid out as expected: ${what}`);

function headersOf(native: Native, functions: ConsumeFunctions): ReadHeaders {
  const { create, add, destroy } = bind(native);
  const list = create(HEADERS.length);
  try {
    const value = new NativeMemory(native.koffi, 8);
    for (const [name, bytes] of HEADERS) {
      value.bytes.set(bytes ?? []);
      add(list, name, name.length, bytes === null ? 0 : value.address, bytes?.length ?? 0);
    }
    return new HeaderReader(native, functions, new BytePool(native)).ofList(list);
  } finally {
    destroy(list);
  }
}

const sameHeaders = (read: ReadHeaders): boolean =>
  read.length === HEADERS.length &&
  HEADERS.every(([name, value], index) => {
    const [readName, readValue] = read[index] as ReadHeaders[number];
    return name === readName && (value === null ? readValue === null : readValue?.equals(value) === true);
  });

function offsetOf({ koffi, libc, offsets, topicPartition }: Native, { setOffset }: ConsumeFunctions): number {
  const list = offsets.listNew(1);
  try {
    const element = offsets.listAdd(list, 'outspool-self-test', PARTITION);
    setOffset(list, 'outspool-self-test', PARTITION, OFFSET);
    const copy = new NativeMemory(koffi, topicPartition.words * 4);
    libc.memcpy(copy.address, element, topicPartition.words * 4);
    return readLong(copy.words, topicPartition.offset);
  } finally {
    offsets.listDestroy(list);
  }
}
