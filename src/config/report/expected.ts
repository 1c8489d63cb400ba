/** Describes the values that a schema accepts, for the second half of every message about a wrong value. */

import { z } from 'zod';
import { core, type Schema } from './introspect.ts';

/** Descriptions of schemas whose structure tells too little (a pattern, a refinement). */
const words = z.registry<{ expected: string }>();

/** Sets the description of the values that `schema` accepts. It survives `.describe()`, `.default()` and `.optional()`. */
export function expecting<S extends z.ZodType>(schema: S, expected: string): S {
  words.add(schema, { expected });
  return schema;
}

/** Returns what the author of a wrong value probably meant; undefined when there is no good guess. */
type Meant = (value: string | number) => string | undefined;

const hints = z.registry<{ meant: Meant }>();

/** Sets the suggestion for a wrong value of `schema`, for schemas without a list of words. */
export function suggesting<S extends z.ZodType>(schema: S, meant: Meant): S {
  hints.add(schema, { meant });
  return schema;
}

/** Returns the suggestion that `suggesting` has set for a wrong value. */
export function meant(schema: Schema, value: unknown): string | undefined {
  const own = hints.get(schema)?.meant;
  if (own !== undefined) return typeof value === 'string' || typeof value === 'number' ? own(value) : undefined;
  const def = core(schema)._zod.def;
  return 'innerType' in def ? meant(def.innerType, value) : undefined;
}

const quoted = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const listed = (values: readonly unknown[]): string =>
  values.length === 1 ? `'${quoted(values[0])}'` : `one of ${values.map(quoted).join(', ')}`;

/** Returns the phrase after "expected": `a whole number of at least 0`, `one of gzip, lz4`, `text`. */
export function expectation(schema: Schema): string {
  const said = words.get(schema)?.expected;
  if (said !== undefined) return said;
  const def = core(schema)._zod.def;
  switch (def.type) {
    case 'union':
      return [...new Set(def.options.map(expectation))].join(' or ');
    case 'enum':
      return listed(Object.values(def.entries));
    case 'literal':
      return listed(def.values);
    case 'pipe':
      return expectation(def.in);
    case 'number':
      return numeric(schema);
    case 'string':
      return textual(schema);
    default:
      return 'innerType' in def ? expectation(def.innerType) : (PLAIN[def.type] ?? `a valid ${def.type}`);
  }
}

const PLAIN: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  tuple: 'a list',
  null: 'null',
};

/** The parts of a check that the phrases use. zod gives each check a type of its own. */
interface Check {
  readonly check: string;
  readonly value?: number;
  readonly inclusive?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
}

function checksOf(schema: Schema): Check[] {
  const def = core(schema)._zod.def as Partial<Check> & { checks?: readonly { _zod: { def: unknown } }[] };
  const own = def.check === undefined ? [] : [def as Check];
  return [...own, ...(def.checks ?? []).map((check) => check._zod.def as Check)];
}

function numeric(schema: Schema): string {
  const checks = checksOf(schema);
  const whole = checks.some(({ check, format, value }) =>
    check === 'multiple_of' ? value === 1 : check === 'number_format' && !format?.startsWith('float'),
  );
  return [whole ? 'a whole number' : 'a number', ...[bounds(checks)].filter((text) => text !== '')].join(' ');
}

function bounds(checks: readonly Check[]): string {
  const lower = checks.find((check) => check.check === 'greater_than');
  const upper = checks.find(({ check, value }) => check === 'less_than' && value !== Number.MAX_SAFE_INTEGER);
  const parts: string[] = [];
  if (lower !== undefined) parts.push(`${lower.inclusive ? 'of at least' : 'greater than'} ${lower.value}`);
  if (upper !== undefined) parts.push(`${upper.inclusive ? 'at most' : 'less than'} ${upper.value}`);
  return (lower === undefined && upper?.inclusive ? 'of ' : '') + parts.join(' and ');
}

function textual(schema: Schema): string {
  const checks = checksOf(schema);
  const format = checks.find((check) => check.check === 'string_format')?.format;
  if (format === 'url') return 'a URL';
  if (format !== undefined && format !== 'regex') return `text in the form of ${format}`;
  const max = checks.find((check) => check.check === 'max_length')?.maximum;
  const least = checks.find((check) => check.check === 'min_length')?.minimum ?? 0;
  const size = max === undefined ? '' : ` of at most ${max} characters`;
  return `${least > 0 ? 'text that is not empty' : 'text'}${size}`;
}
