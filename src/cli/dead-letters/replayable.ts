/** A producer as a replay has it: beside the one that is running elsewhere, and without its ways to be rid of messages. */

import type { LoadedProducer } from '../../config/load.ts';

const WAYS_OUT = ['dead_letter', 'on_shutdown'];
/** Whoever takes the same id or the same spool would end the running producer, or be ended by it. */
const TAKEN = ['transactional_id', 'transaction_timeout'];

export function replayable(definition: LoadedProducer): LoadedProducer {
  const without = definition.kind === 'kafka' ? [...WAYS_OUT, ...TAKEN] : WAYS_OUT;
  const settings = Object.entries(definition.config).filter(([key]) => !without.includes(key));
  const { spool: _, ...queue } = Object(definition.config.queue) as Record<string, unknown>;
  return { ...definition, config: { ...Object.fromEntries(settings), queue: { ...queue, when_full: 'block' } } };
}
