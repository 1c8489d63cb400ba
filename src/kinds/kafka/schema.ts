/** The schema of a Kafka producer: its settings, and the rules between them. */

import type { z } from 'zod';
import { withRules } from '../../config/schema/rules.ts';
import { KafkaFields } from './fields.ts';
import { KAFKA_RULES } from './rules.ts';

export { type SecurityProtocol, securityProtocol } from './rules.ts';

/** Settings of a Kafka producer. */
export const KafkaProducerConfig = withRules(KafkaFields, KAFKA_RULES);

export type KafkaConfig = z.infer<typeof KafkaProducerConfig>;
