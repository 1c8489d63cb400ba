/** Loads a YAML file: as validated definitions, routes and sources, or as a list of every problem in it. */

import { dirname, resolve } from 'node:path';
import { checkTargets, type Found } from './dead-letter-targets.ts';
import { type Context, type LoadedProducer, readDefinition } from './definition.ts';
import { type LoadedOperations, readOperations } from './endpoint/read.ts';
import type { Kinds } from './plan.ts';
import { quote } from './report/redact.ts';
import { readRoutes } from './routes/read.ts';
import type { Routes } from './routes/schema.ts';
import { exposedSecrets } from './secrets/exposed-secrets.ts';
import { checkSpools } from './shared-spools.ts';
import { type LoadedSource, readSources } from './sources/read.ts';
import { type Read, readSource, type Source } from './yaml/document.ts';
import { Problems } from './yaml/problems.ts';
import { Reader } from './yaml/reader.ts';
import { listNodes, rootOf } from './yaml/root.ts';

export type { LoadedProducer } from './definition.ts';
export type { LoadedSource } from './sources/read.ts';

/** A kind's check of all definitions of a file together, those of other kinds included. */
export type CheckFile = (found: readonly Found[], context: Context) => void;

export interface LoadOptions extends Kinds {
  /** The checks of the kinds that have one. @default none */
  readonly fileChecks?: readonly CheckFile[];
  /** The environment for references such as `${NAME}`. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Reads the file. Relative paths in it are still relative to the folder of its name. @default reads it from the disk */
  readonly read?: Read;
  /** Whether the application sets a dead-letter target in code, for the definitions that have none. @default false */
  readonly deadLetter?: boolean;
}

export interface LoadedFile {
  /** In the order of the file. */
  readonly producers: LoadedProducer[];
  /** Undefined where the file has no routes. */
  readonly routes: Routes | undefined;
  /** The sources of a pipeline's messages. Only files for pipelines have any. */
  readonly sources: readonly LoadedSource[];
  /** The settings of the operations endpoint; undefined where the file has none. */
  readonly operations: LoadedOperations | undefined;
  /** Warnings for the person who runs the application, a line each. */
  readonly warnings: readonly string[];
}

/** Loads `file`. @throws ConfigError with every problem in the file */
export async function loadFile(file: string, options: LoadOptions): Promise<LoadedFile> {
  const context = contextOf(await readSource(file, options.read), options);
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
  const operations = readOperations(root, context);
  context.problems.throwIfAny();
  const warnings = await exposedSecrets(context.source, context.literalSecrets);
  return { producers: loaded, routes, sources, operations, warnings };
}

function contextOf(source: Source, { env = process.env, deadLetter: _, read: __, ...kinds }: LoadOptions): Context {
  const problems = new Problems(source);
  const sources = { env, baseDir: dirname(resolve(source.file)), files: new Map<string, string>() };
  const reader = new Reader(source, sources, (offset, path, message) => problems.add(offset, path, message));
  return { source, sources, reader, problems, literalSecrets: [], ...kinds };
}

/** Reports a name that two producers share. This is a pass of its own, so that no other error hides it. */
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
