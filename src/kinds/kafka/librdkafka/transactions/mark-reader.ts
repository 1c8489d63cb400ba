/**
 * Reads the marks of a transactional producer from its private group.
 *
 * The request goes over a consumer client of that group. On a client without a group, librdkafka 2.0 to 2.12 ends the process
 * with a segmentation fault (librdkafka issue 5040). That happens when a broker answers that it is not the coordinator.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../../../shared/errors.ts';
import { withoutStrangers } from '../../explain/strangers.ts';
import { parseMark } from '../../transaction-mark.ts';
import { destroySoon } from '../close/destroy.ts';
import type { Ledger } from '../close/ledger.ts';
import { consumerProperties } from '../consume/consumer-properties.ts';
import { createConsumer, type Properties } from '../native/configure.ts';
import type { Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';
import type { PlacedMark } from './group-offsets.ts';

/** `RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS` */
const LIST_OFFSETS_OPERATION = 14;
const POLL_MS = 2;
const RETRY_MS = 100;
const LIST_WORDS = 4;
const LIST_ELEMENTS = 2;

/** Transient errors: no coordinator for now (14 to 16), a transaction being ended (88), time-out and lost connection. */
const PASSING: ReadonlySet<number> = new Set([14, 15, 16, 88, -185, -195]);

export interface MarkReaderOptions {
  readonly native: Native;
  readonly ledger: Ledger;
  readonly properties: Properties;
  readonly group: string;
}

/** The broker's answer: marks, or why there are none. */
type Answer = { readonly marks: readonly PlacedMark[] } | { readonly code: number; readonly text: string };

/** Returns the marks that the group holds, one for each topic. @throws ConnectError when no broker returns them in time */
export async function readMarks(options: MarkReaderOptions, signal: AbortSignal): Promise<readonly PlacedMark[]> {
  let text = 'no broker answered';
  while (!signal.aborted) {
    // A fresh client each time, because librdkafka remembers a coordinator for minutes, even one that denied being it.
    const answer = await askOnce(options, signal);
    if (answer === undefined) break;
    if ('marks' in answer) return answer.marks;
    text = answer.text;
    if (!PASSING.has(answer.code)) break;
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
  }
  throw new ConnectError(`the offsets of group ${options.group} cannot be read: ${text}`);
}

async function askOnce({ native, ledger, properties, group }: MarkReaderOptions, signal: AbortSignal) {
  // The producer's client has logged already which servers are left out.
  const checked = await withoutStrangers({ properties, log: () => {} });
  if (signal.aborted) return undefined;
  const consumer = createConsumer(native, consumerProperties(checked.properties, group));
  ledger.set('reader', consumer, (client) => destroySoon(native, client));
  try {
    return await ask(native, consumer, group, signal);
  } finally {
    ledger.take('reader');
    destroySoon(native, consumer);
  }
}

/** Returns undefined when `signal` is aborted before there is an answer. */
async function ask(native: Native, consumer: Pointer, group: string, signal: AbortSignal): Promise<Answer | undefined> {
  const { rdkafka, offsets } = native;
  const queue = offsets.queueNew(consumer);
  try {
    request(native, consumer, group, queue);
    const event = await poll(native, queue, signal);
    if (event === undefined) return undefined;
    try {
      return read(native, event);
    } finally {
      rdkafka.eventDestroy(event);
    }
  } finally {
    rdkafka.queueDestroy(queue);
  }
}

/** Requests only offsets of transactions that have ended. Those of one that is being ended may still change. */
function request(native: Native, consumer: Pointer, group: string, queue: Pointer): void {
  const { offsets } = native;
  const options = offsets.optionsNew(consumer, LIST_OFFSETS_OPERATION);
  try {
    requireStable(native, options);
    const asked = offsets.requestNew(group, 0);
    offsets.request(consumer, BigUint64Array.of(BigInt(asked)), 1, options, queue);
    offsets.requestDestroy(asked);
  } finally {
    offsets.optionsDestroy(options);
  }
}

/** @throws ConnectError when librdkafka refuses, because unstable offsets could hide a transaction that has taken effect */
function requireStable({ rdkafka, offsets, transactions }: Native, options: Pointer): void {
  const refused = offsets.optionsStable(options, 1);
  if (refused === 0) return;
  const text = transactions.errorText(refused);
  rdkafka.errorDestroy(refused);
  throw new ConnectError(`librdkafka does not ask for stable offsets: ${text}`);
}

async function poll({ rdkafka }: Native, queue: Pointer, signal: AbortSignal): Promise<Pointer | undefined> {
  while (!signal.aborted) {
    const event = rdkafka.queuePoll(queue, 0);
    if (event !== 0) return event;
    await sleep(POLL_MS);
  }
  return undefined;
}

function read(native: Native, event: Pointer): Answer {
  const { rdkafka, offsets, transactions } = native;
  const code = rdkafka.eventError(event);
  if (code !== 0) return { code, text: rdkafka.eventErrorText(event) ?? rdkafka.errorText(code) };
  const count = BigUint64Array.of(0n);
  const groups = offsets.resultGroups(offsets.result(event), count);
  if (count[0] === 0n) return { marks: [] };
  const group = pointerAt(native, groups);
  const error = offsets.groupError(group);
  if (error !== 0) return { code: rdkafka.errorCode(error), text: transactions.errorText(error) };
  return partitionsOf(native, offsets.groupPartitions(group));
}

function pointerAt({ koffi, libc }: Native, address: Pointer): Pointer {
  const memory = new NativeMemory(koffi, 8);
  libc.memcpy(memory.address, address, 8);
  return readLong(memory.words, 0);
}

/** Reads the marks. An error of one partition hides its mark, so it counts for the whole answer. */
function partitionsOf(native: Native, list: Pointer): Answer {
  const { koffi, libc, topicPartition: layout, rdkafka } = native;
  const head = new NativeMemory(koffi, LIST_WORDS * 4);
  libc.memcpy(head.address, list, LIST_WORDS * 4);
  const elements = readLong(head.words, LIST_ELEMENTS);
  const marks: PlacedMark[] = [];
  for (let index = 0; index < (head.words[0] as number); index++) {
    const element = new NativeMemory(koffi, layout.words * 4);
    libc.memcpy(element.address, elements + index * layout.words * 4, layout.words * 4);
    const code = element.words[layout.error] as number;
    if (code !== 0) return { code, text: rdkafka.errorText(code) };
    marks.push(...markOf(native, element.words));
  }
  return { marks };
}

function markOf({ koffi, libc, topicPartition: layout }: Native, words: Int32Array): PlacedMark[] {
  const size = readLong(words, layout.metadataSize);
  if (size === 0) return [];
  const text = new NativeMemory(koffi, size);
  libc.memcpy(text.address, readLong(words, layout.metadata), size);
  const mark = parseMark(Buffer.from(text.bytes).toString());
  return mark === undefined ? [] : [{ ...mark, count: readLong(words, layout.offset) }];
}
