/** What a kind of producer tells about itself before its client is loaded. Each kind has it in the `kind.ts` of its folder. */

import type { z } from 'zod';
import type { BaseProducer } from '../caller/base-producer.ts';
import type { ProducerOptions } from '../caller/producer-options.ts';
import type { CheckFile } from '../config/load.ts';
import type { Destination } from './common/destination.ts';
import type { Needs } from './common/needs.ts';
import type { Sample } from './common/sample.ts';

/** Class of a producer, as the runtime constructs it. */
export type ProducerClass = (new (
  config: never,
  options?: ProducerOptions,
) => BaseProducer<z.ZodObject>) &
  Pick<typeof BaseProducer, 'inspect'>;

type Settings = Readonly<Record<string, unknown>>;

export interface Kind {
  readonly schema: z.ZodObject;
  /** What `produce init` writes for it. */
  readonly sample: Sample;
  /** Checks all definitions of a file together. @default none */
  readonly checkFile?: CheckFile;
  /** Imports the class, and with it the client of the kind. */
  load(): Promise<ProducerClass>;
  /** Where messages go. `topic` is the topic of every message, instead of the configured ones. */
  destination(settings: Settings, topic?: string): Destination;
  /** Number of descriptors that a producer has open at most, without its spool and its dead-letter file. */
  descriptors(settings: Settings): number;
  /** Whether a value may be any bytes. @default true */
  takesBytes?(settings: Settings): boolean;
  /** What a message must have to be addressed. @default nothing */
  needs?(settings: Settings, isError: boolean): Needs;
}
