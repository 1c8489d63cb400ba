/** How a message fared at each of its targets, and the error that says so. */

import { asError, type PublishOutcome, RouteError, type TargetOutcome } from '../shared/errors.ts';

type Fate<T> = { readonly value: T } | { readonly error: unknown };

/** What a producer answered. */
export type Handed<T> = { readonly producer: { readonly name: string } } & Fate<T>;

/** Who has taken the message that was given up for this reason, by the reason's own identity. */
export type Takers = Pick<WeakMap<object, string>, 'get'>;

/** What a call returns or throws. */
export function outcomeOf<T>(call: () => T): Fate<T> {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}

/** What became of the message behind an error of `send` or `enqueue`. By its field: its class may be another copy of ours. */
export function publishOutcome(error: Error): PublishOutcome | undefined {
  const { outcome } = error as { outcome?: PublishOutcome };
  return typeof outcome === 'string' ? outcome : undefined;
}

/** The word of a producer that is alone, or the first one's where none has accepted it; else one that names each. */
export function routeError(route: string, handed: readonly Handed<unknown>[], takers: Takers): Error {
  const targets = handed.map((one) => targetOutcome(one, takers));
  const failed = targets.flatMap(({ error }) => error ?? []);
  const [cause, ...others] = failed;
  const isRefused = targets.every(({ outcome }) => outcome === 'refused');
  if (isRefused || (targets.length === 1 && targets[0]?.fallback === undefined)) return cause as Error;
  const outcome = [cause, ...others]
    .map((error) => error && publishOutcome(error))
    .find((known) => known !== undefined);
  return new RouteError(`route '${route}': ${targets.map(words).join('; ')}`, outcome ?? 'withdrawn', targets, {
    cause,
  });
}

function targetOutcome(handed: Handed<unknown>, takers: Takers): TargetOutcome {
  const producer = handed.producer.name;
  if ('value' in handed) return { producer, outcome: typeof handed.value === 'object' ? 'delivered' : 'accepted' };
  const error = asError(handed.error);
  const fallback = takers.get(Object(error.cause));
  return { producer, outcome: publishOutcome(error) ?? 'refused', error, ...(fallback !== undefined && { fallback }) };
}

function words({ producer, outcome, error, fallback }: TargetOutcome): string {
  const why = error === undefined ? '' : `: ${error.message}`;
  return `${producer} ${outcome}${why}${fallback === undefined ? '' : `, ${fallback} has taken it`}`;
}
