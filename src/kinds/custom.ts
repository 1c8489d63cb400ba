/** Loads the class of a `type: custom` definition. */

import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BaseProducer } from '../caller/base-producer.ts';
import { schemaProblem } from '../config/class-schema.ts';
import { errorLine } from '../shared/error-text.ts';
import { asError, ConfigError } from '../shared/errors.ts';
import { typescriptAdvice } from '../shared/modules/typescript-module.ts';
import type { ProducerClass } from './kind.ts';

export interface ClassLocation {
  /** A path relative to `baseDir`, or the name of a package that is installed there. */
  readonly module: string;
  /** @default `default`, or the only producer that the module exports */
  readonly export?: string | undefined;
  readonly baseDir: string;
}

/** A class, and the location from which the worker imports it again. */
export interface LoadedClass {
  readonly Class: ProducerClass & Pick<typeof BaseProducer, 'config'>;
  readonly module: string;
  readonly exportName: string;
}

type Namespace = Readonly<Record<string, unknown>>;

const at = (path: 'module' | 'export', message: string) => new ConfigError([{ path, message }]);

/** @throws ConfigError whose issue's path is `module` or `export` */
export async function loadCustomClass(location: ClassLocation): Promise<LoadedClass> {
  const url = resolve(location);
  demandRegular(url, location.module);
  const namespace = await load(url, location.module);
  const exportName = location.export ?? onlyProducer(namespace, location.module);
  const Class = namespace[exportName];
  if (Class === undefined) throw at('export', `${location.module} has no export '${exportName}'${others(namespace)}`);
  if (isForeign(Class)) throw at('export', foreignText(Class.name));
  if (!isProducer(Class)) throw at('export', `export '${exportName}' is not a class that extends BaseProducer`);
  assertHooks(Class);
  const problem = schemaProblem(Class.config);
  if (problem !== undefined) throw at('export', `class ${Class.name}: ${problem}`);
  return { Class, module: url, exportName };
}

function resolve({ module, baseDir }: ClassLocation): string {
  try {
    const isPath = /^[./]/.test(module);
    const require = createRequire(join(baseDir, 'producers.yaml'));
    return pathToFileURL(require.resolve(isPath ? join(baseDir, module) : module)).href;
  } catch {
    const hint = existsSync(join(baseDir, module)) ? `: a file in it is './${module}'` : '';
    throw at('module', `cannot find module '${module}' from the folder of this file${hint}`);
  }
}

/** Throws for a pipe, because an import would wait for its writer, possibly for ever. */
function demandRegular(url: string, module: string): void {
  if (!statSync(new URL(url)).isFile()) throw at('module', `module '${module}' is no regular file`);
}

async function load(url: string, module: string): Promise<Namespace> {
  try {
    const namespace: Namespace = await import(url);
    // Node gives the exports of a CommonJS module as the default export of its namespace.
    return { ...Object(isProducer(namespace.default) ? undefined : namespace.default), ...namespace };
  } catch (error) {
    const { name } = asError(error);
    throw at('module', `module '${module}' does not load: ${name}: ${errorLine(error)}${typescriptAdvice(url, error)}`);
  }
}

function onlyProducer(namespace: Namespace, module: string): string {
  if (isProducer(namespace.default) || isForeign(namespace.default)) return 'default';
  const names = producersOf(namespace);
  if (names.length === 1) return names[0] as string;
  const found = names.length === 0 ? 'no class that extends BaseProducer' : `several producers (${names.join(', ')})`;
  throw at('module', `module '${module}' exports ${found}${names.length > 1 ? ": say which with 'export'" : ''}`);
}

const producersOf = (namespace: Namespace): string[] =>
  Object.keys(namespace).filter((name) => isProducer(namespace[name]) || isForeign(namespace[name]));

/** Lists the producers that the module does export, as a hint for a wrong `export`. */
function others(namespace: Namespace): string {
  const names = producersOf(namespace);
  return names.length === 0 ? '' : `, but ${names.join(', ')}`;
}

const isProducer = (value: unknown): value is LoadedClass['Class'] =>
  typeof value === 'function' && value.prototype instanceof BaseProducer;

/** Static members of every producer class. A class that has them extends the BaseProducer of another copy of this package. */
const INHERITED = ['config', 'inspect', 'ledgerBytes', 'reclaim', 'runsInline'];

const isForeign = (value: unknown): value is { readonly name: string } =>
  typeof value === 'function' &&
  !isProducer(value) &&
  INHERITED.every((name) => name in value) &&
  value !== BaseProducer;

const foreignText = (name: string): string =>
  `class ${name} extends the BaseProducer of another copy of outspool: install outspool once, where this command and the class both find it (npm ls outspool shows the copies; a bundle must leave outspool out)`;

/** Checks at run time the hooks that the TypeScript compiler demands. */
function assertHooks(Class: LoadedClass['Class']): void {
  const missing = ['_connect', '_send', '_close'].filter(
    (hook) => typeof Class.prototype[hook as never] !== 'function',
  );
  if (missing.length > 0) throw at('export', `class ${Class.name} has no ${missing.map((m) => `${m}()`).join(', ')}`);
}
