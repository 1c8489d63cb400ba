/** Reads and checks one definition of a file, and reports every problem in it. */

import type { z } from 'zod';
import { errorLine } from '../shared/error-text.ts';
import { ConfigError } from '../shared/errors.ts';
import { didYouMean, nearest } from '../shared/util/did-you-mean.ts';
import { examine } from './examine.ts';
import { isLocation, type Kinds, type Plan, planFor } from './plan.ts';
import type { Display, Finding } from './report/findings.ts';
import type { Path } from './report/positions.ts';
import { pathText, quoteKey } from './report/redact.ts';
import { CustomDefinition } from './schema/custom.ts';
import { givenSecrets, type LiteralSecret } from './secrets/given-secrets.ts';
import type { Position, Source } from './yaml/document.ts';
import type { Problems } from './yaml/problems.ts';
import { Reader } from './yaml/reader.ts';
import type { Sources } from './yaml/references.ts';

/** A definition without problems. */
export interface LoadedProducer {
  readonly config: Readonly<Record<string, unknown>>;
  readonly kind: string;
  /** The keys that the file has, so that a default can be told from a choice. */
  readonly given: ReadonlySet<string>;
  readonly context: unknown;
  readonly at: SourceLocation;
  /** Where the values of these keys, and of the keys in them, are written: `linger`, `queue.max_bytes`. */
  readonly places: ReadonlyMap<string, SourceLocation>;
  /** Texts to mask in all output: the values of secret fields, and values that came by references. */
  readonly secrets: readonly string[];
}

export type SourceLocation = Position & { readonly file: string };

/** Everything that reading a definition needs. The whole file shares one reader and one list of problems. */
export interface Context extends Kinds {
  readonly source: Source;
  readonly sources: Sources;
  readonly reader: Reader;
  readonly problems: Problems;
  /** The secrets that are written out in the file; each is added when it is found. */
  readonly literalSecrets: LiteralSecret[];
}

type Mapping = Readonly<Record<string, unknown>>;

/** The definition's value as far as it can be read, and the loaded producer, if the definition has no problem. */
export interface Definition {
  readonly value: Mapping;
  readonly loaded: LoadedProducer | undefined;
}

export async function readDefinition(node: unknown, path: Path, context: Context): Promise<Definition> {
  const { type, name, ...location } = glance(node, context);
  const plan = await planFor(type, { ...location, baseDir: context.sources.baseDir, name: name ?? '' }, context);
  const value = context.reader.read(node, [plan.schema], path);
  const secrets = noteSecrets(value, plan.schema, path, context);
  if (plan.error !== undefined) reportClass(plan.error, path, context);
  const output = checkAll(plan, value, { path, context });
  const loaded = output && {
    ...load(output, { kind: String(type), plan, value: value as Mapping, locate: locator(path, context) }),
    secrets,
  };
  return { value: (Object(value) === value ? value : {}) as Mapping, loaded };
}

/** Returns the secrets of the value at a path, and adds those that are written out to the context. */
export function noteSecrets(value: unknown, schema: z.ZodObject, path: Path, { reader, literalSecrets }: Context) {
  const { texts, literal } = givenSecrets(value, schema, { at: path, marks: reader.marks });
  literalSecrets.push(...literal);
  return texts;
}

interface Glance {
  readonly type?: string;
  readonly name?: string;
  readonly module?: string;
  readonly export?: string;
}

const GLANCE = ['type', 'name', 'module', 'export'];

/** Reads the keys that decide about the schema ahead of the others. It reports no problems, because the full reading reports them. */
function glance(node: unknown, { source, sources }: Context): Glance {
  const value = new Reader(source, sources, () => {}).read(node, [CustomDefinition], []);
  const entries = Object.entries(Object(value)).filter(
    ([key, text]) => GLANCE.includes(key) && typeof text === 'string',
  );
  return Object.fromEntries(entries.filter(([, text]) => text !== ''));
}

function reportClass(error: unknown, path: Path, { reader, problems }: Context): void {
  const issues = error instanceof ConfigError ? error.issues : [{ path: 'module', message: errorLine(error) }];
  for (const issue of issues) {
    const here = [...path, issue.path === 'export' ? 'export' : 'module'];
    // An error of an import may have many lines; the first gives the reason.
    const message = reader.marks.mask(issue.message.split('\n', 1)[0] ?? '');
    const pointed = reader.marks.of(here) === undefined ? [...path, 'module'] : here;
    if (!reader.marks.isUnreadable(here)) problems.add(reader.marks.offset(pointed, 'value'), here, message);
  }
}

interface Place {
  readonly path: Path;
  readonly context: Context;
}

/** Returns the value with its defaults. Returns undefined and reports every problem when there is one. */
function checkAll({ schema, complete, inspect }: Plan, value: unknown, { path, context }: Place): Mapping | undefined {
  const { marks } = context.reader;
  const display: Display = {
    show: (inner, shown, marked) => marks.show([...path, ...inner], shown, marked),
    mask: (message) => marks.mask(message),
  };
  const base = { folder: context.sources.baseDir, words: 'the folder of this file' };
  const { output, findings } = examine(complete ? schema : schema.loose(), value, { base, inspect, display });
  const misspelt = complete ? [] : misspeltKeys(schema, value, findings);
  context.problems.addFindings([...findings, ...misspelt], schema, { at: path, marks });
  return complete ? output : undefined;
}

/** Finds misspelt keys where the full schema is not known. Then only a key that is nearly a missing one is certainly wrong. */
function misspeltKeys(schema: z.ZodObject, value: unknown, findings: readonly Finding[]): Finding[] {
  const missing = findings.filter(({ about }) => about === 'missing').map(({ path }) => String(path[0]));
  const strange = Object.keys(Object(value)).filter((key) => !Object.hasOwn(schema.shape, key));
  return strange
    .filter((key) => nearest(key, missing) !== undefined)
    .map((key) => ({ path: [key], about: 'key', message: `unknown key ${quoteKey(key)}${didYouMean(key, missing)}` }));
}

/** Returns a function that locates the definition, or the value of one of its keys, in the file. */
const locator =
  (path: Path, { reader, source }: Context) =>
  (...key: string[]): SourceLocation => ({
    file: source.file,
    ...source.at(reader.marks.offset([...path, ...key], 'value')),
  });

interface Parts extends Pick<LoadedProducer, 'kind'> {
  readonly locate: (...key: string[]) => SourceLocation;
  readonly plan: Plan;
  readonly value: Mapping;
}

function placesOf(value: Mapping, locate: Parts['locate']): Map<string, SourceLocation> {
  const inner = (key: string): string[][] => {
    const mapping = Object(value[key]);
    return mapping === value[key] && !Array.isArray(mapping) ? Object.keys(mapping).map((name) => [key, name]) : [];
  };
  const paths = Object.keys(value).flatMap((key) => [[key], ...inner(key)]);
  return new Map(paths.map((path) => [pathText(path), locate(...path)]));
}

/** Builds the loaded producer. A custom class validates its configuration again, without `module` and `export`. */
function load(output: Mapping, { kind, plan, value, locate }: Parts): Omit<LoadedProducer, 'secrets'> {
  const kept = Object.entries(output).filter(([key]) => kind !== 'custom' || !isLocation(key, plan));
  const given = Object.keys(value);
  return {
    config: Object.fromEntries(kept),
    kind,
    given: new Set(given),
    context: plan.context,
    at: locate(),
    places: placesOf(value, locate),
  };
}
