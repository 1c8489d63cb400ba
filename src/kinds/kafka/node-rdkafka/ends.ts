/** Asks for end offsets through a client of its own, because one that does not find a new leader would ask the old one. */

import { linked } from '../../../shared/util/abort.ts';
import { systemClock } from '../../../shared/util/clock.ts';
import { within } from '../../../shared/util/within.ts';
import { askLeaders, type EndOffset, type LedPartition } from '../partitions/end-offsets.ts';
import type { BindingProducer } from './binding.ts';
import { disconnect } from './channel.ts';

/** Maximum time in ms for all partitions together. */
const ASK_MS = 2000;
const CLOSE_MS = 500;

/** Resolves with the offset after the last message of each partition. Rejects without an answer in time, and after `closing`. */
export async function endOffsets(
  producer: BindingProducer,
  places: readonly LedPartition[],
  connect: (signal: AbortSignal) => Promise<void>,
  closing: AbortSignal,
): Promise<readonly EndOffset[]> {
  const deadline = { end: performance.now() + ASK_MS, now: () => performance.now() };
  const ask = (group: readonly LedPartition[], timeoutMs: number) => endsOf(producer, group, timeoutMs);
  try {
    await linked([closing, AbortSignal.timeout(ASK_MS)], connect);
    return await askLeaders(places, ask, deadline);
  } finally {
    await within(disconnect(producer), CLOSE_MS, { clock: systemClock });
  }
}

async function endsOf(
  producer: BindingProducer,
  places: readonly LedPartition[],
  timeoutMs: number,
): Promise<EndOffset[]> {
  const ends: EndOffset[] = [];
  for (const place of places) ends.push(await endOf(producer, place, timeoutMs));
  return ends;
}

/** Asks for one partition. A broker that no longer leads it answers with an error, which counts as `unknown`. */
const endOf = (producer: BindingProducer, { topic, partition }: LedPartition, timeoutMs: number): Promise<EndOffset> =>
  new Promise((resolve) => {
    producer.queryWatermarkOffsets(topic, partition, timeoutMs, (error, offsets) =>
      resolve(error ? 'unknown' : (offsets?.highOffset ?? 'unknown')),
    );
  });
