/** Sends the messages of a smoke test through one producer, and records where each of them was stored. */

import type { DeliveryReport } from '../../caller/settlement/report.ts';
import { parseSize } from '../../config/schema/size.ts';
import type { Subject } from '../producer-session.ts';
import { type Content, type Sample, sample } from './samples.ts';

export interface SmokeRun {
  /** Unique for every run and producer. */
  readonly id: string;
  readonly messages: number;
  readonly content: Content;
  /** Topic of every message. @default those of the producer */
  readonly topic?: string | undefined;
  /** Aborted at the deadline, or when the command is interrupted. */
  readonly signal: AbortSignal;
}

/** A message that was acknowledged. */
export interface Arrival extends Pick<DeliveryReport, 'topic' | 'partition' | 'offset'> {
  readonly sample: Sample;
}

/** Upper bound, in bytes, of a sample's size in memory. */
const SAMPLE_BYTES = 1024;
const AT_ONCE = 500;
/** Minimum number of groups of samples. Latency is measured once for each group, and fewer would not give a p50. */
const GOES = 20;

/** Sends the samples in groups, so that a queue that drops or refuses messages has capacity for all of them. */
export async function sendSamples(subject: Subject, run: SmokeRun): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  const atOnce = Math.min(roomFor(subject), Math.ceil(run.messages / GOES));
  for (let next = 0; next < run.messages && !run.signal.aborted; next += atOnce) {
    const count = Math.min(atOnce, run.messages - next);
    const sending = Array.from({ length: count }, (_, offset) => sendOne(subject, run, next + offset));
    for (const arrival of await Promise.all(sending)) if (arrival !== undefined) arrivals.push(arrival);
  }
  return arrivals;
}

interface Queue {
  readonly max_messages: number;
  readonly max_bytes: string | number;
  readonly high_water_mark: number;
}

function roomFor({ definition }: Subject): number {
  const { max_messages, max_bytes, high_water_mark } = definition.config.queue as Queue;
  const room = Math.min(AT_ONCE, max_messages * high_water_mark, parseSize(max_bytes) / SAMPLE_BYTES);
  return Math.max(1, Math.floor(room));
}

/** Returns undefined for a message that was not delivered; the producer's counters and log report its outcome. */
async function sendOne({ producer }: Subject, run: SmokeRun, index: number): Promise<Arrival | undefined> {
  const message = sample(run.id, index, run.content);
  try {
    const { isError, index: _index, ...input } = message;
    const addressed = { ...input, ...(run.topic !== undefined && { topic: run.topic }) };
    const report = await producer.send(addressed, { isError, timeout: Number.POSITIVE_INFINITY, signal: run.signal });
    return { topic: report.topic, partition: report.partition, offset: report.offset, sample: message };
  } catch {
    return undefined;
  }
}
