/** Rules between the settings of a kind. */

import type { z } from 'zod';

/** A rule: the setting that its error points at, the error's text, and the check. Values may still be of the wrong type. */
export interface Rule<F> {
  /** @default the settings as a whole */
  readonly path?: keyof F & string;
  readonly error: string;
  kept(config: Readonly<Partial<F>>): boolean;
}

/** `path` has no effect without `other`. */
export const goesWith = <F>(path: keyof F & string, other: keyof F & string): Rule<F> => ({
  path,
  error: `needs '${other}' as well`,
  kept: (config) => config[path] === undefined || config[other] !== undefined,
});

/** Adds rules to a schema. They run even when another field has the wrong type, so that one run shows every problem. */
export const withRules = <S extends z.ZodObject>(schema: S, rules: readonly Rule<z.infer<S>>[]): S =>
  rules.reduce(
    (ruled, { path, error, kept }) =>
      ruled.refine(
        // The schema reports a value that is no mapping.
        (config: unknown) => typeof config !== 'object' || config === null || kept(config as Partial<z.infer<S>>),
        { path: path === undefined ? [] : [path], error, when: () => true },
      ),
    schema,
  );
