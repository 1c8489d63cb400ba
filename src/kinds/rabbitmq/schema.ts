/** The schema of a RabbitMQ producer: its settings and the rules between them. */

import type { z } from 'zod';
import { withRules } from '../../config/schema/rules.ts';
import { RabbitmqFields } from './fields.ts';
import { RABBITMQ_RULES } from './rules.ts';

/** Settings of a RabbitMQ producer. */
export const RabbitmqProducerConfig = withRules(RabbitmqFields, RABBITMQ_RULES);

export type RabbitmqConfig = z.infer<typeof RabbitmqProducerConfig>;
