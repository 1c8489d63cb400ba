/** A YAML file as validated definitions, routes and sources, or as a list of everything that is wrong with it. */

import { dirname, resolve } from 'node:path';
import { checkTargets, type Found } from './dead-letter-targets.ts';
import { type Context, type LoadedProducer, readDefinition } from './definition.ts';
import type { Kinds } from './plan.ts';
import { quote } from './report/redact.ts';
import { readRoutes } from './routes/read.ts';
import type { Routes } from './routes/schema.ts';
import { exposedSecrets } from './secrets/exposed-secrets.ts';
import { checkSpools } from './shared-spools.ts';
import { type LoadedSource, readSources } from './sources/read.ts';
import { readSource, type Source } from './yaml/document.ts';
import { Problems } from './yaml/problems.ts';
import { Reader } from './yaml/reader.ts';
import { listNodes, rootOf } from './yaml/root.ts';

export type { LoadedProducer } from './definition.ts';
export type { LoadedSource } from './sources/read.ts';

/** What a kind has to say of all definitions of a file together, those of other kinds among them. */
export type CheckFile = (found: readonly Found[], context: Context) => void;

export interface LoadOptions extends Kinds {
  /** Those of the kinds that have something to say. @default none */
  readonly fileChecks?: readonly CheckFile[];
  /** Where references such as `${NAME}` are looked up. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether code brings a dead-letter target along, for the definitions that have none. @default false */
  readonly deadLetter?: boolean;
}

/** All that a file says. */
export interface LoadedFile {
  /** In the order of the file. */
  readonly producers: LoadedProducer[];
  /** Undefined where it has none. */
  readonly routes: Routes | undefined;
  /** Where a pipeline's messages come from; none in the files of other uses. */
  readonly sources: readonly LoadedSource[];
  /** What a person should know of the file, a line each. */
  readonly warnings: readonly string[];
}

/** What `file` defines. @throws ConfigError with everything that is wrong in the file */
export async function loadFile(file: string, options: LoadOptions): Promise<LoadedFile> {
  const context = contextOf(await readSource(file), options);
  const root = rootOf(context.source, context.problems);
  const loaded: LoadedProducer[] = [];
  const found: Found[] = [];
  const names = new Map<string, number>();
  for (const [index, node] of listNodes('producers', root, context).entries()) {
    const path = ['producers', index];
    const definition = await readDefinition(node, path, context);
    checkName(definition.value.name, path, { names, ...context });
    if (definition.loaded !== undefined) loaded.push(definition.loaded);
    found.push({ path, value: definition.value });
  }
  checkTargets(found, context, options.deadLetter === true);
  for (const check of options.fileChecks ?? []) check(found, context);
  checkSpools(found, context);
  const routes = readRoutes(root, found, context);
  const sources = readSources(root, { producers: found, routes }, context);
  context.problems.throwIfAny();
  return { producers: loaded, routes, sources, warnings: await exposedSecrets(context.source, context.literalSecrets) };
}

/** The producers that `file` defines, in its order. @throws ConfigError with everything that is wrong in the file */
export async function loadProducers(file: string, options: LoadOptions): Promise<LoadedProducer[]> {
  return (await loadFile(file, options)).producers;
}

function contextOf(source: Source, { env = process.env, deadLetter: _, ...kinds }: LoadOptions): Context {
  const problems = new Problems(source);
  const sources = { env, baseDir: dirname(resolve(source.file)), files: new Map<string, string>() };
  const reader = new Reader(source, sources, (offset, path, message) => problems.add(offset, path, message));
  return { source, sources, reader, problems, literalSecrets: [], ...kinds };
}

/** Two producers of one name could not be told apart in a log. A pass of its own, so that no other error hides it. */
function checkName(name: unknown, path: (string | number)[], context: Context & { names: Map<string, number> }): void {
  const { names, reader, source, problems } = context;
  const here = [...path, 'name'];
  if (typeof name !== 'string' || name === '' || reader.marks.isUnreadable(here)) return;
  const offset = reader.marks.offset(here, 'value');
  const first = names.get(name);
  if (first === undefined) return void names.set(name, source.at(offset).line);
  const references = reader.marks.of(here)?.references ?? [];
  const shown = references.length > 0 ? `(the value of ${references.join(' and ')})` : quote(name);
  problems.add(offset, here, `duplicate producer name ${shown}, first used on line ${first}`);
}
