/** Settings that name a file: relative paths made absolute, and files that cannot be read reported where they are named. */

import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { expecting } from './expectation.ts';
import type { Finding } from './findings.ts';
import { alternatives } from './introspect.ts';
import { reason } from './references.ts';

const files = z.registry<{ file: true }>();

/** A schema for the path of a file that must be there. */
export function filePath() {
  const path = expecting(z.string().min(1), 'the path of a file');
  files.add(path, { file: true });
  return path;
}

/** What relative paths are relative to. */
export interface Base {
  readonly folder: string;
  /** In words, for a message. */
  readonly words: string;
}

export interface ResolvedFiles {
  /** The absolute paths by key. */
  readonly absolute: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

/** How a path may be shown: it may have come from a reference. */
type Show = (path: readonly PropertyKey[], value: unknown) => string;

/** The files that the configuration names, and what is wrong with them. A value of the wrong type is left alone. */
export function resolveFiles(schema: z.ZodObject, config: object, base: Base & { readonly show: Show }): ResolvedFiles {
  const named = Object.entries(config).filter(([key, path]) => isFile(schema, key) && typeof path === 'string');
  const findings = named.flatMap(([key, path]) => problem(key, path, base));
  const absolute = named.map(([key, path]) => [key, resolve(base.folder, path)]);
  return { absolute: Object.fromEntries(absolute), findings };
}

const isFile = (schema: z.ZodObject, key: string): boolean =>
  Object.hasOwn(schema.shape, key) && alternatives(schema.shape[key] as z.ZodType).some(isPath);

const isPath = (schema: z.core.$ZodType): boolean => files.get(schema) !== undefined;

function problem(key: string, path: string, { folder, words, show }: Base & { readonly show: Show }): Finding[] {
  const error = unreadable(resolve(folder, path));
  // An empty path has been refused already.
  if (error === undefined || path === '') return [];
  const where = isAbsolute(path) ? '' : ` (relative to ${words})`;
  return [
    {
      path: [key],
      about: 'value',
      message: `expected a file that can be read, got ${show([key], path)}, which ${error}${where}`,
    },
  ];
}

/** Why the file cannot be read; undefined when it can. */
function unreadable(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'is a directory';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return reason(error);
  }
}
