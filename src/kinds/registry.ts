/**
 * One table of all kinds that YAML can name. The client of a kind is imported only when a definition needs it. A kind's schema
 * and checks run on the application's thread; its `_connect`, `_send` and `_close` run in the worker, but for the memory kind.
 */

import type { z } from 'zod';
import type { BaseProducer, InspectOptions } from '../caller/base-producer.ts';
import type { ProducerOptions } from '../caller/producer-options.ts';
import type { Inspect } from '../config/examine.ts';
import type { CheckFile } from '../config/load.ts';
import { FileProducerConfig } from './file/schema.ts';
import { HttpProducerConfig } from './http/schema.ts';
import { KafkaProducerConfig } from './kafka/schema.ts';
import { checkTransactionalIds } from './kafka/transactional-ids.ts';
import { MemoryProducerConfig } from './memory/schema.ts';
import { RabbitmqProducerConfig } from './rabbitmq/schema.ts';
import { StdoutProducerConfig } from './stdout/schema.ts';
import { checkStdout } from './stdout/single-stdout.ts';

/** Class of a producer, as the runtime constructs it. */
export type ProducerClass = (new (
  config: never,
  options?: ProducerOptions,
) => BaseProducer<z.ZodObject>) &
  Pick<typeof BaseProducer, 'inspect'>;

interface Kind {
  readonly schema: z.ZodObject;
  readonly checkFile?: CheckFile;
  load(): Promise<ProducerClass>;
}

export const KINDS: Readonly<Record<string, Kind>> = {
  kafka: {
    schema: KafkaProducerConfig,
    checkFile: checkTransactionalIds,
    load: async () => (await import('./kafka/kafka-producer.ts')).KafkaProducer,
  },
  rabbitmq: {
    schema: RabbitmqProducerConfig,
    load: async () => (await import('./rabbitmq/rabbitmq-producer.ts')).RabbitmqProducer,
  },
  file: {
    schema: FileProducerConfig,
    load: async () => (await import('./file/file-producer.ts')).FileProducer,
  },
  stdout: {
    schema: StdoutProducerConfig,
    checkFile: checkStdout,
    load: async () => (await import('./stdout/stdout-producer.ts')).StdoutProducer,
  },
  memory: {
    schema: MemoryProducerConfig,
    load: async () => (await import('./memory/memory-producer.ts')).MemoryProducer,
  },
  http: {
    schema: HttpProducerConfig,
    load: async () => (await import('./http/http-producer.ts')).HttpProducer,
  },
};

/** Returns a kind's own inspection of a configuration, and imports the kind's client for it. */
export async function inspector(kind: string, options: InspectOptions): Promise<Inspect> {
  const Class = await (KINDS[kind] as Kind).load();
  return (config) => Class.inspect(config, options);
}

/** The schemas by kind. */
export const KIND_SCHEMAS: Readonly<Record<string, z.ZodObject>> = Object.fromEntries(
  Object.entries(KINDS).map(([name, { schema }]) => [name, schema]),
);

/** Checks by which kinds examine a file as a whole. */
export const FILE_CHECKS: readonly CheckFile[] = Object.values(KINDS).flatMap(({ checkFile }) => checkFile ?? []);
