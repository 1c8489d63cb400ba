/** Reads the settings of the operations endpoint. */

import { type Context, noteSecrets, type SourceLocation } from '../definition.ts';
import { check, type Display } from '../report/findings.ts';
import type { Path } from '../report/positions.ts';
import type { Root } from '../yaml/root.ts';
import { OperationsConfig } from './schema.ts';

export interface LoadedOperations {
  readonly config: OperationsConfig;
  /** Where the file has the address. */
  readonly at: SourceLocation;
  /** Texts to mask in all output. */
  readonly secrets: readonly string[];
}

const PATH: Path = ['operations'];

/** Returns the settings; undefined where the file has none. Reports every problem. */
export function readOperations(root: Root, context: Context): LoadedOperations | undefined {
  const pair = root.get('operations');
  if (pair === undefined) return undefined;
  const { reader, problems, source } = context;
  const value = reader.read(pair.value, [OperationsConfig], PATH);
  const secrets = noteSecrets(value, OperationsConfig, PATH, context);
  const { output, findings } = check(OperationsConfig, value, displayOf(context));
  problems.addFindings(findings, OperationsConfig, { at: PATH, marks: reader.marks });
  const at = { file: source.file, ...source.at(reader.marks.offset([...PATH, 'listen'], 'value')) };
  return output && { config: output as OperationsConfig, at, secrets };
}

const displayOf = ({ reader: { marks } }: Context): Display => ({
  show: (inner, value, marked) => marks.show([...PATH, ...inner], value, marked),
  mask: (message) => marks.mask(message),
});
