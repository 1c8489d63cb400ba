/** What kafkajs reads of the topics of a plan. */

import { consumeAll } from '../index.ts';
import type { Kafka } from '../state.ts';
import type { Reading } from './figures.ts';
import { numberIn } from './plan.ts';

export async function readAll(kafka: Kafka<'plaintext'>, topics: readonly string[]): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const topic of topics)
    await consumeAll(kafka, topic, {
      each: ({ partition, value }) => readings.push({ topic, partition, id: numberIn(value) }),
    });
  return readings;
}
