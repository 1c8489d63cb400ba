/** Every kind that YAML can name: one explicit table; a kind's client is imported when a definition needs it. */

import type { z } from 'zod';
import type { BaseProducer, ProducerOptions } from '../base-producer.ts';
import { KafkaProducerConfig } from '../config/kafka.ts';

/** The class of a producer, as the runtime builds it. */
export type ProducerClass = new (config: never, options?: ProducerOptions) => BaseProducer<z.ZodObject>;

interface Kind {
  readonly schema: z.ZodObject;
  load(): Promise<ProducerClass>;
}

export const KINDS: Readonly<Record<string, Kind>> = {
  kafka: {
    schema: KafkaProducerConfig,
    load: async () => (await import('./kafka/kafka-producer.ts')).KafkaProducer,
  },
};

/** The schemas by kind. */
export const KIND_SCHEMAS: Readonly<Record<string, z.ZodObject>> = Object.fromEntries(
  Object.entries(KINDS).map(([name, { schema }]) => [name, schema]),
);
