/** The kinds that YAML can name, a row each. The client of a kind is imported only when a definition needs it. */

import type { z } from 'zod';
import type { InspectOptions } from '../caller/base-producer.ts';
import type { Inspect } from '../config/examine.ts';
import type { CheckFile } from '../config/load.ts';
import { file } from './file/kind.ts';
import { http } from './http/kind.ts';
import { kafka } from './kafka/kind.ts';
import type { Kind } from './kind.ts';
import { memory } from './memory/kind.ts';
import { rabbitmq } from './rabbitmq/kind.ts';
import { stdout } from './stdout/kind.ts';

export const KINDS: Readonly<Record<string, Kind>> = { kafka, rabbitmq, file, stdout, memory, http };

/** Returns a kind's own inspection of a configuration, and imports the kind's client for it. */
export async function inspector(kind: string, options: InspectOptions): Promise<Inspect> {
  const Class = await (KINDS[kind] as Kind).load();
  return (config) => Class.inspect(config, options);
}

export const KIND_SCHEMAS: Readonly<Record<string, z.ZodObject>> = Object.fromEntries(
  Object.entries(KINDS).map(([name, { schema }]) => [name, schema]),
);

/** Checks by which kinds examine a file as a whole. */
export const FILE_CHECKS: readonly CheckFile[] = Object.values(KINDS).flatMap(({ checkFile }) => checkFile ?? []);
