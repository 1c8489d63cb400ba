/** Changes a definition so that the command can run next to a service that uses the same one. */

import { randomBytes } from 'node:crypto';
import type { LoadedProducer } from '../config/load.ts';
import { isKafka } from './embedded-cluster.ts';
import { say } from './output.ts';

/** Length of a random suffix, in bytes, that tells concurrent commands apart. */
const SUFFIX_BYTES = 4;

/** With `onlyChecks` no message is sent, and the transactional id stays the configured one. */
export const beside = (definition: LoadedProducer, onlyChecks = false): LoadedProducer =>
  onlyChecks ? withoutSpool(definition) : withOwnId(withoutSpool(definition));

/** Gives the command an id of its own, so as not to fence the service's producer. Its prefix keeps an ACL valid. */
function withOwnId(definition: LoadedProducer): LoadedProducer {
  const { transactional_id: id } = definition.config;
  if (!isKafka(definition) || id === undefined) return definition;
  const own = `${id}-produce-${randomBytes(SUFFIX_BYTES).toString('hex')}`;
  return { ...definition, config: { ...definition.config, transactional_id: own } };
}

/** Prints one line that messages of this command are not spooled, which a user may expect because the service's are. */
export function sayWithoutSpool(definitions: readonly LoadedProducer[]): void {
  const names = definitions.filter((one) => hasSpool(one)).map(({ config }) => String(config.name));
  if (names.length === 0) return;
  const whose = names.length === 1 ? 'its spool is' : 'their spools are';
  say(`note  ${names.join(', ')}: ${whose} left to the service; what is sent here is in memory until it is delivered`);
}

const hasSpool = ({ config }: LoadedProducer): boolean =>
  (Object(config.queue) as { spool?: unknown }).spool !== undefined;

/** Removes the spool. A spool has one owner, and a trial must not send the messages in it. */
function withoutSpool(definition: LoadedProducer): LoadedProducer {
  const { spool: _, ...queue } = Object(definition.config.queue) as Record<string, unknown>;
  return { ...definition, config: { ...definition.config, queue } };
}
