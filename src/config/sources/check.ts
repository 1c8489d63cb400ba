/** Checks the rules between sources, routes and producers. */

import { resolve } from 'node:path';
import { isLoopback } from '../../shared/util/loopback.ts';
import type { Found } from '../dead-letter-targets.ts';
import type { Context } from '../definition.ts';
import { schemaOf } from '../plan.ts';
import type { Finding } from '../report/findings.ts';
import type { Path } from '../report/positions.ts';
import { quote } from '../report/redact.ts';
import type { Routes } from '../routes/schema.ts';
import { BaseProducerConfig } from '../schema/base.ts';
import { appendedIn } from '../schema/file-path.ts';
import { parseListen } from '../schema/listen.ts';
import { checkUnique, type Unique } from '../unique.ts';
import { offsetOf } from '../yaml/reader.ts';
import type { Root } from '../yaml/root.ts';
import { defaultCheckpoint } from './schema.ts';

type Value = Found['value'];

/** Checks the rules within one source. Its schema may have refused some values. */
export function inspectSource(config: Value): Finding[] {
  const findings: Finding[] = [];
  const { type, listen, token, format, key_field: keyField } = config;
  if (type === 'http' && typeof listen === 'string' && token === undefined && reachesOut(listen))
    findings.push({
      path: ['listen'],
      about: 'value',
      message: "needs 'token' as well: others can reach this address",
    });
  if (format === 'message' && keyField !== undefined)
    findings.push({
      path: ['key_field'],
      about: 'value',
      message: 'not used: with format: message each line has its key',
    });
  return findings;
}

/** `localhost` is resolved and checked again when the listener binds it. */
function reachesOut(listen: string): boolean {
  const { host } = parseListen(listen);
  return host !== '' && !isLoopback(host);
}

export interface Beside {
  readonly producers: readonly Found[];
  readonly routes: Routes | undefined;
  readonly root: Root;
}

/** Reports every problem that the schema of a single source cannot find. */
export function checkSources(sources: readonly Found[], beside: Beside, context: Context): void {
  for (const unique of uniqueOf(context.sources.baseDir)) checkUnique(sources, unique, context);
  if (sources.length === 0) return;
  checkFiles(sources, beside.producers, context);
  if (!beside.root.has('routes') && entries(beside.producers.map(({ value }) => value)).length > 1)
    context.problems.add(offsetOf(beside.root.get('sources')?.key) ?? 0, ['sources'], SEVERAL);
  for (const source of sources) if (source.value.acknowledge === 'stored') checkSpools(source, beside, context);
}

const SEVERAL = "there are several producers: say under 'routes' which of them gets what";

/** Returns the values that no two sources may share, with the texts of the errors. */
const uniqueOf = (folder: string): Unique[] => [
  single('duplicate source name', 'name', ({ name }) => name),
  single('the standard input has one reader', 'type', ({ type }) => (type === 'stdin' ? type : undefined)),
  single('this file is followed already', 'path', ({ type, path }) =>
    type === 'file' ? absolute(path, folder) : undefined,
  ),
  single('this checkpoint is used already', 'checkpoint', ({ checkpoint }) => absolute(checkpoint, folder)),
  single('this address is used already', 'listen', ({ listen }) =>
    String(listen).endsWith(':0') ? undefined : listen,
  ),
];

const single = (what: string, key: string, sharedBy: (value: Value) => unknown): Unique => ({
  at: [key],
  sharedBy: (value) => sharedBy(value) || undefined,
  problem: ({ line }) => `${what}, on line ${line}`,
});

const absolute = (path: unknown, folder: string): string | undefined =>
  typeof path === 'string' && path !== '' ? resolve(folder, path) : undefined;

/** The use of a file by another setting, stored by the file's absolute path. */
interface Used {
  readonly path: Path;
  readonly what: string;
}

/** Reports files with two uses: a checkpoint would replace the other file, and a followed file would feed itself. */
function checkFiles(sources: readonly Found[], producers: readonly Found[], context: Context): void {
  const files = sources.filter(({ value }) => value.type === 'file');
  const followed = usedFiles(files, { keysOf: () => [['path']], what: () => 'is followed' }, context);
  const written = usedFiles(producers, { keysOf: (value) => appendedBy(value, context), what: whyWritten }, context);
  const taken = new Map([...written, ...followed]);
  for (const file of files) {
    checkFile(file, { ...checkpointRule(file.value), used: taken }, context);
    checkFile(
      file,
      { key: 'path', named: file.value.path, used: written, why: 'the pipeline would feed itself' },
      context,
    );
  }
}

function checkpointRule({ path, checkpoint }: Value): Pick<FileRule, 'key' | 'named' | 'why'> {
  if (checkpoint !== undefined) return { key: 'checkpoint', named: checkpoint, why: 'expected a file of its own' };
  const named = typeof path === 'string' ? defaultCheckpoint(path) : undefined;
  return { key: 'path', named, why: `its checkpoint, ${quote(String(named))}, needs a file of its own` };
}

/** Returns the settings by which a producer writes to files. Of a custom class only those of every producer are known. */
const appendedBy = (value: Value, context: Context): readonly Path[] =>
  appendedIn(schemaOf(value.type, context) ?? BaseProducerConfig, value);

const whyWritten = ([key]: Path): string => (key === 'dead_letter' ? 'takes dead letters' : 'is written by a producer');

interface Use {
  readonly keysOf: (value: Value) => readonly Path[];
  readonly what: (keys: Path) => string;
}

function usedFiles(found: readonly Found[], { keysOf, what }: Use, { sources }: Context): Map<string, Used> {
  const used = new Map<string, Used>();
  for (const { path, value } of found)
    for (const keys of keysOf(value)) {
      const file = absolute(
        keys.reduce((inner: unknown, key) => Object(inner)[key], value),
        sources.baseDir,
      );
      if (file !== undefined) used.set(file, { path: [...path, ...keys], what: what(keys) });
    }
  return used;
}

interface FileRule {
  readonly key: string;
  readonly named: unknown;
  readonly used: ReadonlyMap<string, Used>;
  readonly why: string;
}

function checkFile({ path }: Found, { key, named, used, why }: FileRule, context: Context): void {
  const { reader, source, sources } = context;
  const here = [...path, key];
  const other = used.get(absolute(named, sources.baseDir) ?? '');
  if (other === undefined || reader.marks.isUnreadable(here)) return;
  const { line } = source.at(reader.marks.offset(other.path, 'value'));
  report(here, `${why}: this one ${other.what}, on line ${line}`, context);
}

/** Returns the configurations of producers that get messages from the sources, and not from other producers only. */
export function entries(configs: readonly Value[]): Value[] {
  const targets = new Set(configs.map((config) => Object(config.dead_letter).producer as unknown));
  return configs.filter(({ name }) => !targets.has(name));
}

/** Reports producers that store nothing, or may drop messages, where the source acknowledges stored ones. */
function checkSpools({ path }: Found, { producers, routes }: Beside, context: Context): void {
  const routed = routes?.routes.flatMap(({ to, fallback }) => [...to, ...fallback]);
  const configs = producers.map(({ value }) => value);
  const takers = routed ? configs.filter(({ name }) => routed.includes(String(name))) : entries(configs);
  const here = [...path, 'acknowledge'];
  for (const taker of takers) {
    const { spool, when_full: whenFull } = Object(taker.queue) as { spool?: unknown; when_full?: unknown };
    const name = quote(String(taker.name));
    if (spool === undefined) report(here, `producer ${name} stores nothing: it has no 'queue.spool'`, context);
    else if (String(whenFull).startsWith('drop_'))
      report(here, `producer ${name} drops messages: ${whenFull}`, context);
  }
}

function report(path: Path, message: string, { problems, reader }: Context): void {
  problems.add(reader.marks.offset(path, 'value'), path, reader.marks.mask(message));
}
