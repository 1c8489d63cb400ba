/** Whether messages would be accepted now, for a load balancer or Kubernetes. An outage alone changes nothing: the queue takes messages. */

import type { Operable } from '../caller/metrics/exporter.ts';
import type { Operated } from './operated.ts';

export interface Readiness {
  readonly ready: boolean;
  /** One line for each producer that accepts nothing. */
  readonly reasons: readonly string[];
}

/** States in which a producer accepts messages, or starts to when the first one comes. */
const OPEN: readonly string[] = ['created', 'starting', 'ready'];

export function readinessOf({ producers }: Pick<Operated, 'producers'>): Readiness {
  const reasons = producers.flatMap((producer) => reasonOf(producer) ?? []);
  return { ready: reasons.length === 0, reasons };
}

function reasonOf({ name, isFull, snapshot }: Operable): string | undefined {
  const { state } = snapshot();
  if (!OPEN.includes(state)) return `producer ${name} is ${state}`;
  return isFull() ? `the queue of producer ${name} is full` : undefined;
}
