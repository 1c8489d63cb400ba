/** Reads the sources of a file and checks them, one by one and as a whole. */

import { z } from 'zod';
import type { Found } from '../dead-letter-targets.ts';
import { type Context, noteSecrets, type SourceLocation } from '../definition.ts';
import { examine } from '../examine.ts';
import { expecting } from '../report/expected.ts';
import type { Display } from '../report/findings.ts';
import type { Path } from '../report/positions.ts';
import type { Routes } from '../routes/schema.ts';
import { Reader } from '../yaml/reader.ts';
import { listNodes, type Root } from '../yaml/root.ts';
import { checkSources, inspectSource } from './check.ts';
import {
  defaultCheckpoint,
  type FileSourceConfig,
  SOURCE_SCHEMAS,
  type SourceConfig,
  type SourceType,
} from './schema.ts';

export interface LoadedSource {
  readonly config: SourceConfig;
  /** The path of the source, such as `sources[0]`. `place` locates the source, or the value of one of its keys, in the file. */
  readonly path: string;
  place(key?: string): SourceLocation;
}

interface Beside {
  readonly producers: readonly Found[];
  readonly routes: Routes | undefined;
}

const TYPES = Object.keys(SOURCE_SCHEMAS) as SourceType[];
const ANY_TYPE = z.looseObject({ type: expecting(z.enum(TYPES), `one of the types ${TYPES.join(', ')}`) });

/** Returns the sources; none where the file has none. Reports every problem. */
export function readSources(root: Root, beside: Beside, context: Context): LoadedSource[] {
  const read = listNodes('sources', root, context).map((node, index) => readSource(node, ['sources', index], context));
  checkSources(
    read.map(({ found }) => found),
    { ...beside, root },
    context,
  );
  return read.flatMap(({ loaded }) => loaded ?? []);
}

interface Read {
  readonly found: Found;
  readonly loaded: LoadedSource | undefined;
}

function readSource(node: unknown, path: Path, context: Context): Read {
  const { reader, problems, sources } = context;
  const schema = schemaFor(node, context);
  const value = reader.read(node, [schema], path);
  noteSecrets(value, schema, path, context);
  const base = { folder: sources.baseDir, words: 'the folder of this file' };
  const { output, findings } = examine(schema, value, {
    base,
    inspect: inspectSource,
    display: display(path, context),
  });
  problems.addFindings(findings, schema, { at: path, marks: reader.marks });
  const found = { path, value: (Object(value) === value ? value : {}) as Found['value'] };
  const loaded = output && { config: withCheckpoint(output as SourceConfig), ...placesOf(path, context) };
  return { found, loaded: schema === ANY_TYPE ? undefined : loaded };
}

/** Chooses the schema by the type, which it reads ahead of the rest. It reports no problems, because the full reading reports them. */
function schemaFor(node: unknown, { source, sources }: Context): z.ZodObject {
  const { type } = Object(new Reader(source, sources, () => {}).read(node, [ANY_TYPE], [])) as { type?: unknown };
  return Object.hasOwn(SOURCE_SCHEMAS, String(type)) ? SOURCE_SCHEMAS[type as SourceType] : ANY_TYPE;
}

const display = (path: Path, { reader: { marks } }: Context): Display => ({
  show: (inner, value, marked) => marks.show([...path, ...inner], value, marked),
  mask: (message) => marks.mask(message),
});

function placesOf(path: Path, { reader, source }: Context): Pick<LoadedSource, 'path' | 'place'> {
  const at = (here: Path): SourceLocation => ({ file: source.file, ...source.at(reader.marks.offset(here, 'value')) });
  return { path: `sources[${String(path[1])}]`, place: (key) => at(key === undefined ? path : [...path, key]) };
}

function withCheckpoint(config: SourceConfig): SourceConfig {
  return config.type === 'file' ? { ...config, checkpoint: checkpointOf(config) } : config;
}

export const checkpointOf = ({ path, checkpoint }: Pick<FileSourceConfig, 'path' | 'checkpoint'>): string =>
  checkpoint ?? defaultCheckpoint(path);
