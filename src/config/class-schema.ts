/** Checks whether the schema of a producer's class can be used: it may come from another zod, or lack keys of every producer. */

import type { z } from 'zod';
import { pathText } from './report/redact.ts';
import type { BaseConfig } from './schema/base.ts';

const EXTEND = 'expected BaseProducerConfig.extend({ … }), with zod 4';

/** Keys that outspool reads from every producer, whose only default is the schema's. A class may leave the other base keys out. */
const READ = [
  'name',
  'max_retries',
  'backoff_seconds',
  'max_resets',
  'connect_timeout_seconds',
  'attempt_timeout_seconds',
  'queue',
  'log_deliveries',
] as const satisfies readonly (keyof BaseConfig)[];

/** Describes what is wrong with `static config`, as the rest of a sentence; undefined when it is right. */
export function schemaProblem(config: unknown): string | undefined {
  const foreign = foreignAt(config, [], new Set());
  if (foreign !== undefined) return `static config${where(foreign)} is ${what(foreign.schema)}: ${EXTEND}`;
  if (typeOf(config) !== 'object' || typeof (config as z.ZodObject).safeExtend !== 'function')
    return `static config is no object schema of zod: ${EXTEND}`;
  const { shape } = config as z.ZodObject;
  const missing = READ.filter((key) => !Object.hasOwn(shape, key));
  if (missing.length === 0) return undefined;
  return `static config lacks what every producer has (${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}): ${EXTEND}`;
}

interface Foreign {
  readonly path: readonly PropertyKey[];
  readonly schema: unknown;
}

const where = ({ path }: Foreign): string => (path.length === 0 ? '' : ` at '${pathText(path)}'`);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** zod 3 has its definitions under `_def`, with the name of a type. */
const what = (schema: unknown): string =>
  isObject(schema) && isObject(schema._def) && typeof schema._def.typeName === 'string'
    ? 'a schema of zod 3'
    : 'no schema of zod 4';

interface Internals {
  readonly _zod?: { readonly def?: Readonly<Record<string, unknown>> };
}

const defOf = (schema: unknown) => (isObject(schema) ? (schema as Internals)._zod?.def : undefined);
const typeOf = (schema: unknown): unknown => defOf(schema)?.type;

/** Maximum number of schemas that are searched. Schemas that are created anew at each access would have no end. */
const MOST_SCHEMAS = 1000;

/** Finds the first schema, at any depth, that is not of zod 4. */
function foreignAt(schema: unknown, path: readonly PropertyKey[], seen: Set<unknown>): Foreign | undefined {
  const def = defOf(schema);
  if (def === undefined) return { path, schema };
  if (seen.has(schema) || seen.size > MOST_SCHEMAS) return undefined;
  seen.add(schema);
  for (const [key, part] of partsOf(def)) {
    const found = foreignAt(part, key === undefined ? path : [...path, key], seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

const OF_ONE = ['element', 'keyType', 'valueType', 'innerType', 'catchall', 'left', 'right', 'in', 'out'];
const OF_SEVERAL = ['options', 'items'];

/** Lists the schemas that a schema consists of, with the key of the value where there is one. */
function partsOf(def: Readonly<Record<string, unknown>>): [string | undefined, unknown][] {
  const shape = isObject(def.shape) ? Object.entries(def.shape) : [];
  const lists = OF_SEVERAL.flatMap((name) => (Array.isArray(def[name]) ? def[name] : []));
  const later = typeof def.getter === 'function' ? [def.getter()] : [];
  const single = OF_ONE.map((name) => def[name]).filter((part) => part !== undefined && part !== null);
  return [...shape, ...[...lists, ...later, ...single].map((part): [undefined, unknown] => [undefined, part])];
}
