/** Prepares a producer for a replay, which runs next to the service's producer and may not discard messages. */

import type { LoadedProducer } from '../../config/load.ts';

const WAYS_OUT = ['dead_letter', 'on_shutdown'];
/** Settings for a transactional id. A second producer with the same id would fence the service's producer, or be fenced by it. */
const TAKEN = ['transactional_id', 'transaction_timeout'];

export function replayable(definition: LoadedProducer): LoadedProducer {
  const without = definition.kind === 'kafka' ? [...WAYS_OUT, ...TAKEN] : WAYS_OUT;
  const settings = Object.entries(definition.config).filter(([key]) => !without.includes(key));
  const { spool: _, ...queue } = Object(definition.config.queue) as Record<string, unknown>;
  return { ...definition, config: { ...Object.fromEntries(settings), queue: { ...queue, when_full: 'block' } } };
}
