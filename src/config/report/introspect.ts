/** Looking into zod schemas: what they are made of, which keys they know and which scalars they take. */

import type { z } from 'zod';

/** Any schema, ours or one that a user wrote. */
export type Schema = z.core.$ZodType;

/** The schema as a union that `_zod.def.type` tells apart. */
export const core = (schema: Schema): z.core.$ZodTypes => schema as z.core.$ZodTypes;

/**
 * How many schemas are looked at that are made when they are asked for: those that are made anew each time would have no end. Any other
 * schema is there as a whole.
 */
const MOST_LATER = 500;

/** The schemas and all to which `next` leads from them, in order, each once: a schema may contain itself. */
export function reached(schemas: readonly Schema[], next: (schema: Schema) => readonly Schema[]): Set<Schema> {
  const found = new Set<Schema>();
  const waiting = schemas.toReversed();
  let later = 0;
  // No recursion: each `.or()` of a chain wraps the one before it.
  for (let schema = waiting.pop(); schema !== undefined; schema = waiting.pop()) {
    const isLater = core(schema)._zod.def.type === 'lazy';
    if (found.has(schema) || (isLater && later++ >= MOST_LATER)) continue;
    found.add(schema);
    for (const one of next(schema).toReversed()) waiting.push(one);
  }
  return found;
}

/** The schemas that a schema offers for its own value: those of a union, or what it wraps. */
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

/** The schemas that may apply to one value: wrappers taken off, unions taken apart. */
export const alternatives = (...schemas: readonly Schema[]): Schema[] =>
  [...reached(schemas, choices)].filter((schema) => choices(schema).length === 0);

/** The schemas of what lies under `key` in a value that `schemas` may describe. */
export const under = (schemas: readonly Schema[], key: string | number): Schema[] =>
  alternatives(...schemas.flatMap((schema) => member(schema, key)));

/** The schemas of what lies under `key` in a value of exactly this schema. */
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

/** The schemas of the keys of exactly this schema. */
export function keyTypes(schema: Schema): Schema[] {
  const def = core(schema)._zod.def;
  return def.type === 'record' || def.type === 'map' ? [def.keyType] : [];
}

/** The schema at `path`, wrappers included, because the words for it may be registered on any of them. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let here: Schema | undefined = schema;
  for (const key of path) {
    const found: Schema[] = here === undefined ? [] : alternatives(here).flatMap((s) => member(s, key as string));
    here = found[0];
  }
  return here;
}

/** The keys that a mapping at `path` may have. */
export function keysAt(schema: Schema, path: readonly PropertyKey[]): string[] {
  const here = schemaAt(schema, path);
  const shapes = here === undefined ? [] : alternatives(here).map((s) => core(s)._zod.def);
  return shapes.flatMap((def) => (def.type === 'object' ? Object.keys(def.shape) : []));
}

/** Which kinds of scalar the schemas take, and the values that they name. */
export interface Wanted {
  /** No schema says (any, unknown, an unknown key). */
  readonly anything: boolean;
  readonly text: boolean;
  readonly number: boolean;
  readonly boolean: boolean;
  readonly words: ReadonlySet<unknown>;
}

/** What a scalar is to become. */
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
