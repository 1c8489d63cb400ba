/** Estimates how many descriptors a configuration needs at most. */

import type { LoadedProducer, LoadedSource } from '../../config/load.ts';
import { WORKER_DESCRIPTORS } from '../../kinds/common/descriptors.ts';
import { KINDS } from '../../kinds/registry.ts';

/** Allowance for a custom class, because clients of one server have a few connections. */
const CUSTOM = WORKER_DESCRIPTORS + 8;

/** Lock, segment and settlement log. */
const SPOOL = 3;
/** The dead-letter file, and its folder while that is synced. */
const LETTERS = 2;

function ofProducer({ kind, config }: LoadedProducer): number {
  const own = KINDS[kind]?.descriptors(config) ?? CUSTOM;
  const { spool } = Object(config.queue) as { spool?: unknown };
  const { file } = Object(config.dead_letter) as { file?: unknown };
  return own + (spool === undefined ? 0 : SPOOL) + (file === undefined ? 0 : LETTERS);
}

/** A followed file has the file, the next one, the checkpoint and its lock. A listener has its socket and its connections. */
function ofSource({ config }: LoadedSource): number {
  if (config.type === 'http') return 1 + config.max_connections;
  return config.type === 'file' ? 4 : 1;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Sums up all producers, because they start at once. */
export const descriptorsFor = (producers: readonly LoadedProducer[], sources: readonly LoadedSource[] = []): number =>
  sum(producers.map(ofProducer)) + sum(sources.map(ofSource));
