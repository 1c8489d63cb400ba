/** Configurations given in code: the same checks and messages as for YAML, without a file to point into. */

import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { check } from './findings.ts';
import { pathText } from './shown.ts';

export interface ValidateOptions {
  /** Put in front of every path, where the configuration is part of something larger. @default none */
  readonly at?: readonly PropertyKey[];
}

/** The validated configuration with its defaults. @throws ConfigError with everything that is wrong */
export function validateConfig<S extends z.ZodObject>(schema: S, input: unknown, { at = [] }: ValidateOptions = {}) {
  const { output, findings } = check(schema, input);
  if (output !== undefined) return output as z.output<S>;
  throw new ConfigError(findings.map(({ path, message }) => ({ path: pathText([...at, ...path]), message })));
}
