/** All that is wrong with one configuration: by its schema, in the files that it names, and by the kind's own word. */

import type { z } from 'zod';
import { type Checked, check, type Display, type Finding, plain } from './report/findings.ts';
import { type Base, resolveFiles, withFiles } from './schema/file-path.ts';

/**
 * What a kind has to say of a configuration beyond its schema, such as what its client refuses. It gets what was given,
 * without defaults and even where the schema has refused it, so that one run shows everything: values of the wrong type
 * are to be passed over.
 */
export type Inspect = (config: Readonly<Record<string, unknown>>) => readonly Finding[];

export interface Examination {
  readonly base: Base;
  readonly inspect?: Inspect | undefined;
  /** @default only secrets are hidden */
  readonly display?: Display;
}

/** The configuration with its defaults and absolute paths, and everything that is wrong with it. */
export function examine(schema: z.ZodObject, input: unknown, options: Examination): Checked {
  const { base, inspect = () => [], display = plain(input, schema) } = options;
  const checked = check(schema, input, display);
  if (typeof input !== 'object' || input === null) return checked;
  const files = resolveFiles(schema, input, { ...base, show: (path, value) => display.show(path, value) });
  // As it was given, because a schema may drop what it does not see, such as a key named __proto__.
  const inspected = inspect({ ...withFiles(input, files) }).map((finding) => masked(finding, display));
  const findings = [...checked.findings, ...files.findings, ...inspected];
  const right = findings.length === 0 ? checked.output : undefined;
  return { output: right && withFiles(right, files), findings };
}

/** A client quotes values in its messages. */
const masked = (finding: Finding, display: Display): Finding => ({
  ...finding,
  message: display.mask(finding.message),
});
