/** Validates configurations given in code, with the same checks and messages as for YAML, but without positions in a file. */

import type { z } from 'zod';
import { ConfigError } from '../shared/errors.ts';
import { examine, type Inspect } from './examine.ts';
import { type Checked, check } from './report/findings.ts';
import { pathText } from './report/redact.ts';
import { withoutMarkedKeys } from './secrets/secret-mark.ts';

export interface ValidateOptions {
  /** Prefix of every path, where the configuration is part of a larger one. @default none */
  readonly at?: readonly PropertyKey[];
}

/** Returns the validated configuration with its defaults. @throws ConfigError with every problem */
export function validateConfig<S extends z.ZodObject>(schema: S, input: unknown, { at = [] }: ValidateOptions = {}) {
  return outputOf(schema, check(schema, input), at);
}

/**
 * Validates as `validateConfig` does, for a configuration that is about to be used. The files that it names must exist, and the
 * kind's own check runs. Not for a configuration that was examined before, because files may come and go while a producer runs.
 */
export function examineConfig<S extends z.ZodObject>(schema: S, input: unknown, inspect: Inspect) {
  const base = { folder: process.cwd(), words: 'the current directory' };
  return outputOf(schema, examine(schema, input, { base, inspect }));
}

function outputOf<S extends z.ZodObject>(
  schema: S,
  { output, findings }: Checked,
  at: readonly PropertyKey[] = [],
): z.output<S> {
  if (output !== undefined) return output as z.output<S>;
  const text = (path: readonly PropertyKey[]) => pathText([...at, ...withoutMarkedKeys(schema, path)]);
  throw new ConfigError(findings.map(({ path, message }) => ({ path: text(path), message })));
}
