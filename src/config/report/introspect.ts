/** Inspects zod schemas: the schemas they consist of, the keys they know and the scalars they take. */

import type { z } from 'zod';

export type Schema = z.core.$ZodType;

/** Returns the schema with the type of a union that `_zod.def.type` discriminates. */
export const core = (schema: Schema): z.core.$ZodTypes => schema as z.core.$ZodTypes;

/** Maximum number of lazy schemas that are visited. Those that are created anew at each access would have no end. */
const MOST_LATER = 500;

/** Returns the schemas and all that `next` leads to from them, in order and each once. A schema may contain itself. */
export function reached(schemas: readonly Schema[], next: (schema: Schema) => readonly Schema[]): Set<Schema> {
  const found = new Set<Schema>();
  const waiting = schemas.toReversed();
  let later = 0;
  // This is no recursion, because each `.or()` of a chain wraps the one before it.
  for (let schema = waiting.pop(); schema !== undefined; schema = waiting.pop()) {
    const isLater = core(schema)._zod.def.type === 'lazy';
    if (found.has(schema) || (isLater && later++ >= MOST_LATER)) continue;
    found.add(schema);
    for (const one of next(schema).toReversed()) waiting.push(one);
  }
  return found;
}

/** Returns the schemas that describe the same value as a schema: the options of a union, or the schema that it wraps. */
export function choices(schema: Schema): readonly Schema[] {
  const def = core(schema)._zod.def;
  switch (def.type) {
    case 'union':
      return def.options;
    case 'intersection':
      return [def.left, def.right];
    case 'lazy':
      return [(schema as z.core.$ZodLazy)._zod.innerType];
    case 'pipe':
      return [def.in];
    default:
      return 'innerType' in def ? [def.innerType] : [];
  }
}

/** Returns the schemas that may apply to one value, without wrappers and with unions split. */
export const alternatives = (...schemas: readonly Schema[]): Schema[] =>
  [...reached(schemas, choices)].filter((schema) => choices(schema).length === 0);

/** Returns the schemas of the member `key` of a value that `schemas` may describe. */
export const under = (schemas: readonly Schema[], key: string | number): Schema[] =>
  alternatives(...schemas.flatMap((schema) => member(schema, key)));

/** Returns the schemas of the member `key` of a value of exactly this schema. */
export function member(schema: Schema, key: string | number): Schema[] {
  const def = core(schema)._zod.def;
  if (def.type === 'array') return [def.element];
  if (def.type === 'tuple')
    return [def.items[Number(key)] ?? def.rest].filter((item) => item !== null && item !== undefined);
  if (def.type === 'record' || def.type === 'map' || def.type === 'set') return [def.valueType];
  if (def.type !== 'object') return [];
  const own = Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall;
  return own === undefined ? [] : [own];
}

/** Returns the schemas of the keys of exactly this schema. */
export function keyTypes(schema: Schema): Schema[] {
  const def = core(schema)._zod.def;
  return def.type === 'record' || def.type === 'map' ? [def.keyType] : [];
}

/** Returns the schema at `path` with its wrappers, because its description may be registered on any of them. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let here: Schema | undefined = schema;
  for (const key of path) {
    const found: Schema[] = here === undefined ? [] : alternatives(here).flatMap((s) => member(s, key as string));
    here = found[0];
  }
  return here;
}

/** Returns the keys that a mapping at `path` may have. */
export function keysAt(schema: Schema, path: readonly PropertyKey[]): string[] {
  const here = schemaAt(schema, path);
  const shapes = here === undefined ? [] : alternatives(here).map((s) => core(s)._zod.def);
  return shapes.flatMap((def) => (def.type === 'object' ? Object.keys(def.shape) : []));
}

/** The types of scalar that some schemas take, and the values that they name. */
export interface Wanted {
  /** Whether the schemas give no type (any, unknown, an unknown key). */
  readonly anything: boolean;
  readonly text: boolean;
  readonly number: boolean;
  readonly boolean: boolean;
  readonly words: ReadonlySet<unknown>;
}

/** Returns the types that a scalar may be converted to. */
export function wanted(schemas: readonly Schema[]): Wanted {
  const types = new Set<string>(schemas.map((schema) => core(schema)._zod.def.type));
  const words = new Set(schemas.flatMap(namedValues));
  const anything = types.size === 0 || types.has('any') || types.has('unknown');
  const named = (type: string): boolean => [...words].some((word) => typeof word === type);
  const has = (type: string): boolean => anything || types.has(type) || named(type);
  return { anything, text: has('string'), number: has('number'), boolean: has('boolean'), words };
}

function namedValues(schema: Schema): unknown[] {
  const def = core(schema)._zod.def;
  if (def.type === 'literal') return [...def.values];
  return def.type === 'enum' ? Object.values(def.entries) : [];
}
