/**
 * Proves, in about 3 ms and without a broker, that structs have the expected layout. A wrong offset would read and write memory
 * that is not ours. The test passes two messages to librdkafka, one by each of the two calls in use, and both come back purged.
 * The calls take different structs, so two wrong offsets cannot cancel each other out.
 */

import { OutspoolError } from '../../../../shared/errors.ts';
import { BatchMemory, PackedRecord } from '../../batches/packed-record.ts';
import { PURGED_IN_QUEUE } from '../../errors/errors.ts';
import { destroySoon } from '../close/destroy.ts';
import { createClient } from './configure.ts';
import type { Pointer } from './functions.ts';
import { addressOf, NativeMemory, readLong } from './memory.ts';
import { MessageArray } from './message-array.ts';
import type { Native } from './native.ts';
import { type NativeReport, ReportReader } from './report-reader.ts';
import { SingleProducer } from './single-message.ts';

const KEY = 'key';
const VALUE = 'value!!';
const BATCH_ID = 0x12_3456_789a;
const ANY_PARTITION = -1;
const WAIT_MS = 1000;

/** @throws OutspoolError when a report differs from its message */
export function selfTest(native: Native): void {
  const client = createClient(native, { log_level: '0' });
  try {
    withQueue(native, client);
  } finally {
    destroySoon(native, client);
  }
}

function withQueue(native: Native, client: Pointer): void {
  const { rdkafka } = native;
  const queue = rdkafka.queueMain(client);
  try {
    produce(native, client);
    rdkafka.purge(client, 7);
    awaitReports(native, queue);
  } finally {
    rdkafka.queueDestroy(queue);
  }
}

/** Sends both messages. Queued messages hold their topic themselves, so its handle can be released. */
function produce(native: Native, client: Pointer): void {
  const { rdkafka } = native;
  const topic = rdkafka.topicNew(client, 'outspool-self-test', 0);
  if (topic === 0) throw mismatch(native, 'a topic was refused');
  try {
    if (!handOver(native, client, topic)) throw mismatch(native, 'a message was refused');
  } finally {
    rdkafka.topicDestroy(topic);
  }
}

const mismatch = ({ rdkafka, path }: Native, what: string) =>
  new OutspoolError(`librdkafka ${rdkafka.versionText()} at ${path} is not laid out as expected: ${what}`);

/** Fills the record by hand, so its bytes need no header. */
function handOver(native: Native, client: Pointer, topic: Pointer): boolean {
  const bytes = new Uint8Array(new ArrayBuffer(64));
  bytes.set(Buffer.from(KEY + VALUE));
  const memory = new BatchMemory(bytes, addressOf(native.koffi, bytes));
  const record = Object.assign(new PackedRecord(), {
    keyLength: KEY.length,
    valueAt: KEY.length,
    valueLength: VALUE.length,
  });
  const messages = new MessageArray(native, 1);
  messages.add(memory, record, { batchId: BATCH_ID, index: 0, entry: 0 });
  const single = new SingleProducer(native, client);
  const taken = messages.produce(topic, ANY_PARTITION);
  return (
    taken === 1 &&
    single.produce({ memory, record, topic, partition: ANY_PARTITION, batchId: BATCH_ID, index: 1 }) === 0
  );
}

function awaitReports(native: Native, queue: Pointer): void {
  const { rdkafka } = native;
  const reader = new ReportReader(native);
  const end = performance.now() + WAIT_MS;
  let seen = 0;
  while (seen < 2) {
    const event = rdkafka.queuePoll(queue, 10);
    if (event === 0 && performance.now() > end) throw mismatch(native, 'no delivery report came');
    if (event === 0) continue;
    try {
      const isReport = rdkafka.eventType(event) === 1;
      if (isReport) reader.read(event, 2, (report) => compare(native, reader.words, report, seen++));
    } finally {
      rdkafka.eventDestroy(event);
    }
  }
}

function compare(native: Native, words: Int32Array, report: NativeReport, index: number): void {
  const { message } = native;
  if (report.code !== PURGED_IN_QUEUE) throw mismatch(native, 'the error code');
  if (report.batchId !== BATCH_ID || report.index !== index) throw mismatch(native, 'the opaque value');
  // Lengths come before addresses, because an address of unknown value must not be followed.
  if (readLong(words, message.keyLength) !== KEY.length) throw mismatch(native, 'the length of the key');
  if (readLong(words, message.valueLength) !== VALUE.length) throw mismatch(native, 'the length of the value');
  if (textAt(native, words, message.key, KEY.length) !== KEY) throw mismatch(native, 'the key');
  if (textAt(native, words, message.value, VALUE.length) !== VALUE) throw mismatch(native, 'the value');
}

const LOWEST_ADDRESS = 0x1_0000;

function textAt({ koffi, libc }: Native, words: Int32Array, at: number, length: number): string {
  const address = readLong(words, at);
  if (address < LOWEST_ADDRESS) return '';
  const copy = new NativeMemory(koffi, 16);
  libc.memcpy(copy.address, address, length);
  return Buffer.from(copy.bytes.subarray(0, length)).toString('latin1');
}
