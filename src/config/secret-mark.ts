/** The mark of a field whose value is a secret, whatever its key. */

import { z } from 'zod';
import { core, member, type Schema } from './introspect.ts';

const marked = z.registry<{ secret: true }>();

/**
 * Marks a field of a class's own schema as secret: `door: secret(z.string().min(8))`. Its value is masked in logs, in errors, in what
 * the command prints, by `console.log` and in JSON, and so is everything in it where it is a mapping or a list.
 */
export function secret<S extends z.ZodType>(schema: S): S {
  const own = schema.clone(); // the given one may describe other fields, too
  marked.add(own, { secret: true });
  return own;
}

/** A schema and all that describe the same value: what it wraps, its alternatives, both ends of a pipe. */
function ofSameValue(schema: Schema): Schema[] {
  const def = core(schema)._zod.def;
  const inner = 'innerType' in def ? [def.innerType] : def.type === 'pipe' ? [def.in, def.out] : [];
  return [schema, ...[...inner, ...optionsOf(schema)].flatMap(ofSameValue)];
}

function optionsOf(schema: Schema): readonly Schema[] {
  const def = core(schema)._zod.def;
  if (def.type === 'union') return def.options;
  if (def.type === 'intersection') return [def.left, def.right];
  return def.type === 'lazy' ? [def.getter()] : [];
}

/** Whether any of the schemas that may describe a value carries the mark. */
export const isMarked = (schemas: readonly Schema[]): boolean =>
  schemas.some((schema) => ofSameValue(schema).some((one) => marked.get(one) !== undefined));

/** The schemas that may describe what lies under `key`, wrappers included, because any of them may carry the mark. */
export const markedUnder = (schemas: readonly Schema[], key: string | number): Schema[] =>
  schemas.flatMap(ofSameValue).flatMap((schema) => member(schema, key));

/** Whether the field at a path, or one around it, carries the mark. */
export function isMarkedAt(schema: Schema, path: readonly PropertyKey[]): boolean {
  let here: readonly Schema[] = [schema];
  for (const key of path) {
    if (isMarked(here)) return true;
    here = markedUnder(here, key as string);
  }
  return isMarked(here);
}
