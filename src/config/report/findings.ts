/** Checks a value by a zod schema and returns a finding for each problem, in our own words. */

import type { z } from 'zod';
import { didYouMean } from '../../shared/util/did-you-mean.ts';
import { isMarkedAt } from '../secrets/secret-mark.ts';
import { secretsIn } from '../secrets/secrets.ts';
import { expectation, meant } from './expected.ts';
import { alternatives, type Schema, schemaAt, wanted } from './introspect.ts';
import { keyHint } from './key-hints.ts';
import { Marks } from './positions.ts';
import { quoteKey, shown } from './redact.ts';

/** One problem. `about` tells where to point: at the key, at its value, or, for a missing key, at the mapping that lacks it. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly about: 'key' | 'value' | 'missing';
  readonly message: string;
}

/** Formats values for messages. For YAML it knows where a value came from, for code it does not. */
export interface Display {
  show(path: readonly PropertyKey[], value: unknown, marked?: boolean): string;
  /** Masks the secrets in a message that the schema has defined. */
  mask(message: string): string;
}

type Issue = z.core.$ZodIssue;

/** An empty text marks the messages that this module writes. A schema's own messages take precedence over it. */
const OURS = '';

export interface Checked {
  /** The validated data with defaults; undefined when there is a problem. */
  readonly output: Record<string, unknown> | undefined;
  readonly findings: Finding[];
}

/** Validates `input` and returns every problem of it. */
export function check(schema: z.ZodObject, input: unknown, display: Display = plain(input, schema)): Checked {
  const result = schema.safeParse(input, { error: () => OURS });
  if (result.success) return { output: result.data, findings: [] };
  const context = { schema, input, display };
  return { output: undefined, findings: result.error.issues.flatMap((issue) => describe(issue, context)) };
}

interface Context {
  readonly schema: Schema;
  readonly input: unknown;
  readonly display: Display;
}

function describe(issue: Issue, context: Context): Finding[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey([...issue.path, key], context.schema));
  if (issue.code === 'invalid_union') {
    const inner = deeper(issue);
    if (inner.length > 0) return inner.flatMap((found) => describe(found, context));
  }
  if (issue.message !== OURS)
    return [{ path: issue.path, about: 'value', message: context.display.mask(issue.message) }];
  return [wrongValue(issue.path, context)];
}

function unknownKey(path: readonly PropertyKey[], schema: Schema): Finding {
  const key = String(path.at(-1));
  return { path, about: 'key', message: `unknown key ${quoteKey(key)}${keyHint(path, schema)}` };
}

/** Returns the issues of one alternative of a union, if they concern the inside of the value or have their own messages. */
function deeper(issue: z.core.$ZodIssueInvalidUnion): Issue[] {
  const worthTelling = (inner: Issue): boolean =>
    inner.path.length > 0 || inner.code === 'unrecognized_keys' || inner.message !== OURS;
  const told = issue.errors.find((issues) => issues.some(worthTelling)) ?? [];
  return told.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue);
}

function wrongValue(path: readonly PropertyKey[], { schema, input, display }: Context): Finding {
  const here = schemaAt(schema, path);
  const expected = here === undefined ? 'another value' : expectation(here);
  const { present, value } = valueAt(input, path);
  if (!present)
    return { path, about: 'missing', message: `missing key '${String(path.at(-1))}', expected ${expected}` };
  const got = display.show(path, value, isMarkedAt(schema, path));
  // A suggestion is made only for a value that is shown unmasked. It would reveal what a hidden value looks like.
  const hint = here !== undefined && got === shown(value) ? suggestion(here, value) : '';
  return { path, about: 'value', message: `expected ${expected}, got ${got}${hint}` };
}

function suggestion(schema: Schema, value: unknown): string {
  const known = meant(schema, value);
  if (known !== undefined) return ` (did you mean ${known}?)`;
  return typeof value === 'string' ? didYouMean(value, textsOf(schema)) : '';
}

const textsOf = (schema: Schema): string[] =>
  [...wanted(alternatives(schema)).words].filter((word) => typeof word === 'string');

/** Formats values of a configuration from code, of which only the secrets are hidden. */
export function plain(input: unknown, schema?: Schema): Display {
  const marks = new Marks();
  for (const secret of secretsIn(input, schema)) marks.hide(secret, []);
  return marks;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): { present: boolean; value: unknown } {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
      return { present: false, value: undefined };
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return { present: true, value };
}
