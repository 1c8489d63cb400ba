/** A definition as the command uses it: beside the producer that runs elsewhere with the same one. */

import { randomBytes } from 'node:crypto';
import type { LoadedProducer } from '../config/load.ts';
import { isKafka } from './embedded-cluster.ts';
import { say } from './output.ts';

/** Tells commands apart that run at the same time. */
const SUFFIX_BYTES = 4;

/** With `onlyLooks` nothing is sent, and the transactional id stays the configured one. */
export const beside = (definition: LoadedProducer, onlyLooks = false): LoadedProducer =>
  onlyLooks ? withoutSpool(definition) : withOwnId(withoutSpool(definition));

/**
 * Whoever takes a transactional id ends the producer that has it, so the command has one of its own. It begins with the
 * configured one, which an ACL for a prefix then covers.
 */
function withOwnId(definition: LoadedProducer): LoadedProducer {
  const { transactional_id: id } = definition.config;
  if (!isKafka(definition) || id === undefined) return definition;
  const own = `${id}-produce-${randomBytes(SUFFIX_BYTES).toString('hex')}`;
  return { ...definition, config: { ...definition.config, transactional_id: own } };
}

/** One line where somebody may think that what is sent here is as safe as what the service sends. */
export function sayWithoutSpool(definitions: readonly LoadedProducer[]): void {
  const names = definitions.filter((one) => hasSpool(one)).map(({ config }) => String(config.name));
  if (names.length === 0) return;
  const whose = names.length === 1 ? 'its spool is' : 'their spools are';
  say(`note  ${names.join(', ')}: ${whose} left to the service; what is sent here is in memory until it is delivered`);
}

const hasSpool = ({ config }: LoadedProducer): boolean =>
  (Object(config.queue) as { spool?: unknown }).spool !== undefined;

/** A spool has one owner, and what is in it is not for a command to send that only tries something out. */
function withoutSpool(definition: LoadedProducer): LoadedProducer {
  const { spool: _, ...queue } = Object(definition.config.queue) as Record<string, unknown>;
  return { ...definition, config: { ...definition.config, queue } };
}
