/** The schema of a Kafka producer: its settings and what they demand of each other. */

import type { z } from 'zod';
import { KafkaFields } from './kafka-fields.ts';
import { KAFKA_RULES, type Rule } from './kafka-rules.ts';

export { type SecurityProtocol, securityProtocol } from './kafka-rules.ts';

/** Runs even when another field has the wrong type, so that one run shows everything. */
const withRule = (schema: typeof KafkaFields, { path, error, kept }: Rule) =>
  schema.refine(
    // What is not a mapping is somebody else's error.
    (config: unknown) => typeof config !== 'object' || config === null || kept(config),
    { path: [path], error, when: () => true },
  );

/** Settings of a Kafka producer. */
export const KafkaProducerConfig = KAFKA_RULES.reduce(withRule, KafkaFields);

export type KafkaConfig = z.infer<typeof KafkaProducerConfig>;
