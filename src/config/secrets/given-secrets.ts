/** Finds the values of a file that are secrets: by their schema, by their keys, and because they came by a reference. */

import type { z } from 'zod';
import type { Marks, Path } from '../report/positions.ts';
import { ABOUT_ONE, isHarmless, namesSecret } from './harmless.ts';
import { withoutMarkedKeys } from './secret-mark.ts';
import { addressIn } from './secret-urls.ts';
import { membersOf, type SecretPlace, secretPlaces, whole } from './secrets.ts';

/** A secret that is written out in the file. */
export interface LiteralSecret {
  readonly path: Path;
  readonly offset: number;
}

export interface GivenSecrets {
  readonly texts: readonly string[];
  readonly literal: readonly LiteralSecret[];
}

/** Returns the secrets of the value at `at`, and makes the messages about the file hide them. */
export function givenSecrets(
  value: unknown,
  schema: z.ZodObject,
  { at, marks }: { at: Path; marks: Marks },
): GivenSecrets {
  const places = secretPlaces(value, schema);
  for (const { isWhole, value: text, path, texts } of places)
    if (isWhole)
      for (const hidden of typeof text === 'object' ? texts : [text])
        marks.hide(hidden, marks.of([...at, ...path])?.references ?? []);
  const literal = places
    .filter((place) => isLiteral(place, marks.of([...at, ...place.path])))
    .map(({ path }) => ({
      path: [...at, ...withoutMarkedKeys(schema, path)] as Path,
      offset: marks.offset([...at, ...path], 'value'),
    }));
  return { texts: [...places.flatMap(({ texts }) => texts), ...referenced(value, at, marks)], literal };
}

function isLiteral({ path, value, texts }: SecretPlace, mark: ReturnType<Marks['of']>): boolean {
  if (typeof value === 'object' || mark?.unreadable === true || texts.length === 0) return false;
  const { references = [], hasDefault = false } = mark ?? {};
  return (references.length === 0 || hasDefault) && !ABOUT_ONE.test(String(path.at(-1)));
}

/** Minimum length of a number that is masked. Shorter ones, such as `4096` of `${MAX_TOKENS}`, are in many lines of a log. */
const LEAST_NUMBER = 6;

/** Returns the values of references, where the field may be secret or the reference has the name of a secret. */
function referenced(value: unknown, path: Path, marks: Marks): string[] {
  if (typeof value === 'object' && value !== null)
    return membersOf(value).flatMap(([key, inner]) => referenced(inner, [...path, key], marks));
  if (typeof value === 'boolean') return [];
  const isOpen = typeof value !== 'string' || isHarmless(path);
  return (marks.of(path)?.values ?? [])
    .filter(({ reference, isGiven }) => namesSecret(reference) || (isGiven && !isOpen))
    .filter(({ text }) => typeof value === 'string' || text.length >= LEAST_NUMBER)
    .flatMap(({ text }) => [...whole(text), ...addressIn(text)]);
}
