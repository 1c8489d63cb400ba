/** Marks a field whose value is a secret, whatever its key. */

import { z } from 'zod';
import { choices, core, keyTypes, member, reached, type Schema } from '../report/introspect.ts';

/** Part of the schema's definition, which zod copies in `.strict()`, `.extend()` and `.partial()`. A registry would miss copies. */
const MARK = Symbol.for('outspool.secret');

/**
 * Marks a field of a class's own schema as secret: `door: secret(z.string().min(8))`. Its value is masked in logs, in errors, in
 * the output of the command, by `console.log` and in JSON. The same is true for everything in it where it is a mapping or a list.
 */
export function secret<S extends z.ZodType>(schema: S): S {
  // A copy, because the given one may describe other fields, too.
  return schema.clone(z.core.util.mergeDefs(schema._zod.def, { [MARK]: true, ...markedParts(schema) }), {
    parent: true,
  });
}

/** The marked copy of each part that was copied. Without it, a schema that contains itself would be copied without end. */
const copies = new WeakMap<z.ZodType, z.ZodType>();

function markedPart(schema: z.ZodType): z.ZodType {
  if (hasMark(schema)) return schema;
  const copy = copies.get(schema) ?? secret(schema);
  copies.set(schema, copy);
  return copy;
}

/** Marks the parts that zod returns without the schema around them, as `.merge()`, `.shape` and `.unwrap()` do. */
function markedParts(schema: z.ZodType): object {
  const def = schema._zod.def as unknown as Readonly<Record<string, unknown>>;
  const inner = ['innerType', 'element', 'valueType'].filter((name) => def[name] !== undefined);
  const shape = markedShape(schema);
  return {
    ...Object.fromEntries(inner.map((name) => [name, markedPart(def[name] as z.ZodType)])),
    ...(shape !== undefined && { shape }),
  };
}

/** Returns the fields as they were given, by getters or as they are. Undefined where the schema has none, or does not expose them. */
function rawShape({ _zod: { def } }: z.ZodType): object | undefined {
  const { get, value } = Object.getOwnPropertyDescriptor(def, 'shape') ?? {};
  return get === undefined ? value : (get as { readonly raw?: object }).raw;
}

/** Copies the fields with the mark. It reads no field before zod does, because a field may refer to a schema that is defined later. */
function markedShape(schema: z.ZodType): object | undefined {
  const raw = rawShape(schema);
  if (raw === undefined) return undefined;
  const field = (key: PropertyKey) => () =>
    markedPart((schema as unknown as { shape: Record<PropertyKey, z.ZodType> }).shape[key] as z.ZodType);
  return Object.defineProperties(
    {},
    Object.fromEntries(
      Reflect.ownKeys(raw).map((key) => [key, { get: field(key), enumerable: true, configurable: true }]),
    ),
  );
}

const hasMark = (schema: Schema): boolean => MARK in schema._zod.def;

/** Returns the other schemas of the same value: the wrapped one, alternatives, both ends of a pipe, parts of a text. */
function sameValue(schema: Schema): readonly Schema[] {
  const def = core(schema)._zod.def;
  if (def.type === 'pipe') return [def.in, def.out];
  if (def.type === 'template_literal') return def.parts.filter((part) => typeof part === 'object' && part !== null);
  return choices(schema);
}

/** Whether any of the schemas that may describe a value carries the mark. */
export const isMarked = (schemas: readonly Schema[]): boolean => [...reached(schemas, sameValue)].some(hasMark);

/** Whether the keys of a mapping that the schemas may describe carry the mark. */
export const hasMarkedKeys = (schemas: readonly Schema[]): boolean =>
  isMarked([...reached(schemas, sameValue)].flatMap(keyTypes));

/** Replaces the keys of a path that carry the mark by `***`. */
export function withoutMarkedKeys(schema: Schema, path: readonly PropertyKey[]): PropertyKey[] {
  let here: readonly Schema[] = [schema];
  return path.map((key) => {
    const isHidden = hasMarkedKeys(here);
    here = markedUnder(here, key as string);
    return isHidden ? '***' : key;
  });
}

/** Returns the schemas that may describe the member `key`, wrappers included, because any of them may carry the mark. */
export const markedUnder = (schemas: readonly Schema[], key: string | number): Schema[] => [
  ...new Set([...reached(schemas, sameValue)].flatMap((schema) => member(schema, key))),
];

/** Whether the field at a path, or one around it, carries the mark. */
export function isMarkedAt(schema: Schema, path: readonly PropertyKey[]): boolean {
  let here: readonly Schema[] = [schema];
  for (const key of path) {
    if (isMarked(here)) return true;
    here = markedUnder(here, key as string);
  }
  return isMarked(here);
}
