/**
 * Validates the batch limits of a producer class. With a wrong number, no message would ever be leased or sent, and no error
 * would appear.
 */

import { ConfigError } from '../shared/errors.ts';
import type { Transport } from '../shared/transport.ts';

/** @throws ConfigError */
export function assertBatchLimits(transport: Transport): void {
  const { batchesInFlight = 1, batchesHeld = 1 } = transport;
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;
  const wrong = (name: string, value: unknown, expected: string) =>
    new ConfigError(`class ${transport.constructor.name}: ${name} is ${String(value)}: expected ${expected}`);
  if (!isCount(batchesInFlight) && batchesInFlight !== Number.POSITIVE_INFINITY)
    throw wrong('batchesInFlight', batchesInFlight, 'an integer of at least 1, or Infinity');
  if (!isCount(batchesHeld)) throw wrong('batchesHeld', batchesHeld, 'an integer of at least 1');
}
