/** How a message fared at each of its targets, and the error that says so. */

import type { DeliveryReport } from '../engine/report.ts';
import { asError, PublishError, RouteError, type TargetOutcome } from '../errors.ts';
import type { Producer } from './lane.ts';

type Fate<T> = { readonly value: T } | { readonly error: unknown };

/** What a producer answered. */
export type Handed<T> = { readonly producer: Producer } & Fate<T>;

/** What a call returns or throws. */
export function outcomeOf<T>(call: () => T): Fate<T> {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}

/** The error of a producer that is alone, or one that names what became of the message at each. */
export function routeError(route: string, handed: readonly Handed<unknown>[]): Error {
  const targets = handed.map(targetOutcome);
  const failed = targets.filter(({ error }) => error !== undefined);
  const first = failed[0] as TargetOutcome & { error: Error };
  if (handed.length === 1) return first.error;
  const words = targets.map(
    ({ producer, outcome, error }) => `${producer} ${outcome}${error ? `: ${error.message}` : ''}`,
  );
  const { outcome } = failed.find(isPublished) ?? { outcome: 'withdrawn' as const };
  return new RouteError(`route '${route}': ${words.join('; ')}`, outcome, targets, { cause: first.error });
}

function targetOutcome(handed: Handed<unknown>): TargetOutcome {
  const producer = handed.producer.name;
  if ('value' in handed) return { producer, outcome: isReport(handed.value) ? 'delivered' : 'accepted' };
  const error = asError(handed.error);
  return { producer, outcome: error instanceof PublishError ? error.outcome : 'refused', error };
}

const isReport = (value: unknown): value is DeliveryReport => typeof value === 'object' && value !== null;

const isPublished = (target: TargetOutcome): target is TargetOutcome & { outcome: PublishError['outcome'] } =>
  target.error instanceof PublishError;
