/** All that is wrong with one configuration: by its schema, in the files that it names, and by the kind's own word. */

import type { z } from 'zod';
import { type Base, resolveFiles } from './file.ts';
import { type Checked, check, type Display, type Finding, plain } from './findings.ts';

/**
 * What a kind has to say of a configuration beyond its schema, such as what its client refuses. It may get one that the
 * schema has refused, so that one run shows everything: values of the wrong type are to be passed over.
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
  const { base, inspect, display = plain(input) } = options;
  const checked = check(schema, input, display);
  const config: unknown = checked.output ?? input;
  const files = resolveFiles(schema, config, { ...base, show: (path, value) => display.show(path, value) });
  const findings = [...checked.findings, ...files.findings, ...inspected(files.config, inspect, display)];
  const output = findings.length === 0 ? (files.config as Checked['output']) : undefined;
  return { output, findings };
}

/** The client quotes values in its messages. */
function inspected(config: unknown, inspect: Inspect | undefined, display: Display): Finding[] {
  if (inspect === undefined || typeof config !== 'object' || config === null) return [];
  const findings = inspect(config as Readonly<Record<string, unknown>>);
  return findings.map((finding) => ({ ...finding, message: display.mask(finding.message) }));
}
