/** Suggests what the author of an unknown key probably meant. */

import { z } from 'zod';
import { didYouMean } from '../../shared/util/did-you-mean.ts';
import { core, keysAt, type Schema, schemaAt } from './introspect.ts';

/** What other clients call the key whose value a schema describes. */
const otherNames = z.registry<{ names: readonly string[] }>();

/** Sets the names that other clients have for the key of `schema`. They survive `.describe()`, `.default()` and `.optional()`. */
export function alsoCalled<S extends z.ZodType>(schema: S, ...names: readonly string[]): S {
  otherNames.add(schema, { names });
  return schema;
}

/** Writes `retry.backoff.ms`, `retry-backoff-ms` and `retryBackoffMs` in the same way. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_. ]/g, '');

function isCalled(schema: Schema | undefined, key: string): boolean {
  if (schema === undefined) return false;
  const names = otherNames.get(schema as z.ZodType)?.names ?? [];
  if (names.some((name) => plain(name) === plain(key))) return true;
  const def = core(schema)._zod.def;
  return 'innerType' in def && isCalled(def.innerType, key);
}

/**
 * Returns the suggestion for the unknown key at the end of `path` with a space before it, or an empty text. A kind's own
 * keys come last in its schema, and are the likelier ones.
 */
export function keyHint(path: readonly PropertyKey[], schema: Schema): string {
  const key = String(path.at(-1));
  const around = path.slice(0, -1);
  const here = keysAt(schema, around);
  const ours = here.findLast((name) => isCalled(schemaAt(schema, [...around, name]), key));
  if (ours !== undefined) return ` (did you mean '${ours}'?)`;
  return elsewhere(key, around, schema) ?? didYouMean(key, here);
}

/** Suggests where the key belongs, when a mapping in this one, or the mapping around it, has a key of that name. */
function elsewhere(key: string, around: readonly PropertyKey[], schema: Schema): string | undefined {
  const within = keysAt(schema, around).find((name) => keysAt(schema, [...around, name]).includes(key));
  if (within !== undefined) return ` (it belongs under '${within}')`;
  const parent = around.at(-1);
  const isBeside = typeof parent === 'string' && keysAt(schema, around.slice(0, -1)).includes(key);
  return isBeside ? ` (it belongs next to '${parent}')` : undefined;
}
