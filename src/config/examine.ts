/** Finds every problem of one configuration: by its schema, in the files that it names, and by the checks of its kind. */

import type { z } from 'zod';
import { type Checked, check, type Display, type Finding, plain } from './report/findings.ts';
import { type Base, resolveFiles, withFiles } from './schema/file-path.ts';

/**
 * Checks a configuration beyond its schema, for instance for values that the kind's client refuses. It gets the configuration as it
 * was given, without defaults, even where the schema has refused it, so that one run shows every problem. It must ignore values of
 * the wrong type.
 */
export type Inspect = (config: Readonly<Record<string, unknown>>) => readonly Finding[];

export interface Examination {
  readonly base: Base;
  readonly inspect?: Inspect | undefined;
  /** How values appear in messages. @default only secrets are hidden */
  readonly display?: Display;
}

/** Returns the configuration with its defaults and absolute paths, and every problem of it. */
export function examine(schema: z.ZodObject, input: unknown, options: Examination): Checked {
  const { base, inspect = () => [], display = plain(input, schema) } = options;
  const checked = check(schema, input, display);
  if (typeof input !== 'object' || input === null) return checked;
  const files = resolveFiles(schema, input, { ...base, show: (path, value) => display.show(path, value) });
  // The kind gets the input, because a schema may drop keys that it does not see, such as a key named `__proto__`.
  const inspected = inspect({ ...withFiles(input, files) }).map((finding) => masked(finding, display));
  const findings = [...checked.findings, ...files.findings, ...inspected];
  const right = findings.length === 0 ? checked.output : undefined;
  return { output: right && withFiles(right, files), findings };
}

/** Masks the message of a finding, because a client may quote values in it. */
const masked = (finding: Finding, display: Display): Finding => ({
  ...finding,
  message: display.mask(finding.message),
});
