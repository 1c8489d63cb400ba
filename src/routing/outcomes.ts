/** Outcome of a message at each of its targets, and the error that reports it. */

import { asError, type PublishOutcome, RouteError, type TargetOutcome } from '../shared/errors.ts';

type Fate<T> = { readonly value: T } | { readonly error: unknown };

export type Handed<T> = { readonly producer: { readonly name: string } } & Fate<T>;

/** Names of the producers that took abandoned messages, looked up by the identity of the error for which each was abandoned. */
export type Takers = Pick<WeakMap<object, string>, 'get'>;

/** Returns what a call returns or throws, as a value. */
export function outcomeOf<T>(call: () => T): Fate<T> {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}

/** Reads the outcome from an error of `send` or `enqueue`, by its field, because its class may be of another copy. */
export function publishOutcome(error: Error): PublishOutcome | undefined {
  const { outcome } = error as { outcome?: PublishOutcome };
  return typeof outcome === 'string' ? outcome : undefined;
}

/**
 * Returns one error for a route. That is the first producer's own error if every producer refused, or if there is only one
 * without a fallback. Otherwise it is a RouteError that names each target.
 */
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
