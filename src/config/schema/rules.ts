/** What the settings of a kind demand of each other. */

import type { z } from 'zod';

/** One demand: where it is said, what is said, and whether it is kept. Values may still be of the wrong type. */
export interface Rule<F> {
  readonly path: keyof F & string;
  readonly error: string;
  kept(config: Readonly<Partial<F>>): boolean;
}

/** `path` alone is of no use. */
export const goesWith = <F>(path: keyof F & string, other: keyof F & string): Rule<F> => ({
  path,
  error: `needs '${other}' as well`,
  kept: (config) => config[path] === undefined || config[other] !== undefined,
});

/** Rules run even when another field has the wrong type, so that one run shows everything. */
export const withRules = <S extends z.ZodObject>(schema: S, rules: readonly Rule<z.infer<S>>[]): S =>
  rules.reduce(
    (ruled, { path, error, kept }) =>
      ruled.refine(
        // What is not a mapping is somebody else's error.
        (config: unknown) => typeof config !== 'object' || config === null || kept(config as Partial<z.infer<S>>),
        { path: [path], error, when: () => true },
      ),
    schema,
  );
