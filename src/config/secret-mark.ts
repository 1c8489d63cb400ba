/** The mark of a field whose value is a secret, whatever its key. */

import { z } from 'zod';
import { choices, core, member, reached, type Schema } from './introspect.ts';

/**
 * The mark is a part of the definition, because that is what zod copies where it makes one schema from another one, as `.strict()`,
 * `.extend()` and `.partial()` do. A registry would know only some of the copies.
 */
const MARK = Symbol.for('outspool.secret');

/**
 * Marks a field of a class's own schema as secret: `door: secret(z.string().min(8))`. Its value is masked in logs, in errors, in what
 * the command prints, by `console.log` and in JSON, and so is everything in it where it is a mapping or a list.
 */
export function secret<S extends z.ZodType>(schema: S): S {
  // A copy, because the given one may describe other fields, too.
  return schema.clone(z.core.util.mergeDefs(schema._zod.def, { [MARK]: true }), { parent: true });
}

const hasMark = (schema: Schema): boolean => MARK in schema._zod.def;

/** What else describes the value of a schema: what it wraps, its alternatives, both ends of a pipe, the parts of a text. */
function sameValue(schema: Schema): readonly Schema[] {
  const def = core(schema)._zod.def;
  if (def.type === 'pipe') return [def.in, def.out];
  if (def.type === 'template_literal') return def.parts.filter((part) => typeof part === 'object' && part !== null);
  return choices(schema);
}

/** Whether any of the schemas that may describe a value carries the mark. */
export const isMarked = (schemas: readonly Schema[]): boolean => [...reached(schemas, sameValue)].some(hasMark);

/** The schemas that may describe what lies under `key`, wrappers included, because any of them may carry the mark. */
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
