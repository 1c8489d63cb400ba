/** The settings under `routes` and `unmatched`, which decide which producers get a message. */

import { z } from 'zod';
import { expecting } from '../report/expected.ts';
import { safeName } from '../schema/base.ts';
import { GLOB_EXPECTED, isGlob } from './glob.ts';

/** A schema for one value or a list of alternatives. */
const some = <S extends z.ZodType>(one: S, expected: string) =>
  expecting(z.union([one, z.array(one).min(1)]), `${expected}, or a list of them`);

const producers = () => some(expecting(z.string().min(1), 'the name of a producer'), 'the name of a producer');

const glob = expecting(z.string().refine(isGlob), GLOB_EXPECTED);

const text = expecting(z.string(), 'text');

const SCALAR = 'a text, a number, true, false or null';
const scalar = expecting(z.union([z.string(), z.number(), z.boolean(), z.null()]), SCALAR);

/** Keys lead from mapping to mapping, and numbers into lists. An empty part would lead nowhere. */
const FIELD_PATH = /^[^.]+(\.[^.]+)*$/;

const fields = z.record(z.string(), some(scalar, SCALAR)).superRefine((given, { addIssue }) => {
  for (const path of Object.keys(given).filter((key) => !FIELD_PATH.test(key)))
    addIssue({ code: 'custom', path: [path], message: 'expected keys with dots between them, such as order.country' });
});

const WhenConfig = z.strictObject({
  topic: some(glob, GLOB_EXPECTED)
    .optional()
    .describe('What the topic is: itself or a pattern with * and ?, or a list. A message without a topic fits none.'),
  header: z
    .record(z.string().min(1), z.union([some(text, 'the value of the header'), z.boolean()]))
    .optional()
    .describe('Headers by name, and their value or a list of values; true for any value, false for no such header.'),
  is_error: z.boolean().optional().describe('Whether the message is marked as an error.'),
  field: fields
    .optional()
    .describe('Fields of a JSON value by path, such as order.country, and their value or a list of values.'),
});

export const RouteConfig = z.strictObject({
  name: safeName()
    .optional()
    .describe('A name that no other route has, for errors and counts. Default: route-1 and so on.'),
  when: WhenConfig.optional().describe(
    'Which messages take this route: those that fit all of it. Default: every message.',
  ),
  to: producers().describe(
    'The producer that gets the message, or a list: each gets it, and settles it by itself. Required.',
  ),
  fallback: producers()
    .optional()
    .describe(
      'Producers that get a message when a target is full or has permanently failed to deliver it: one, or a list, tried in order. Default: none.',
    ),
});

export type WhenConfig = z.infer<typeof WhenConfig>;

export type RouteConfig = z.infer<typeof RouteConfig>;

export const UNMATCHED = ['error', 'drop'] as const;

/** Whether a message that matches no route is an error or is dropped. */
export type Unmatched = (typeof UNMATCHED)[number];

export interface Route {
  readonly name: string;
  readonly when: WhenConfig | undefined;
  readonly to: readonly string[];
  readonly fallback: readonly string[];
}

/** The routes of a file, in order. A message takes the first route that it matches. */
export interface Routes {
  readonly routes: readonly Route[];
  readonly unmatched: Unmatched;
}

/** Returns the value or the list as a list. */
export const listed = <T>(given: T | readonly T[] | undefined): readonly T[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given as T];

/** The name of a route. `index` is its position in the file, counted from 0. */
export const routeName = (name: string | undefined, index: number): string => name ?? `route-${index + 1}`;

/** Lists which producer passes a message to which: each target to the first fallback, and each fallback to the next. */
export function handovers({ to, fallback }: Pick<Route, 'to' | 'fallback'>): (readonly [string, string])[] {
  return fallback.flatMap((next, index) => {
    const before = index === 0 ? to : fallback.slice(index - 1, index);
    return before.map((from) => [from, next] as const);
  });
}
