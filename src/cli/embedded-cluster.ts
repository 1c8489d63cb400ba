/** Replaces the brokers of producers by an embedded Kafka cluster, for users without a broker. */

import type { LoadedProducer } from '../config/load.ts';
import { EmbeddedKafka } from '../testing/embedded-kafka.ts';
import { say } from './output.ts';

export interface Embedded {
  readonly definitions: readonly LoadedProducer[];
  stop(): Promise<void>;
}

export const isKafka = ({ kind }: LoadedProducer): boolean => kind === 'kafka';

export const namesNoBroker = ({ given }: LoadedProducer): boolean => !given.has('bootstrap_servers');

/** Starts a cluster for the Kafka producers that `wants` selects, if there are any, and prints `why`. */
export async function embed(
  definitions: readonly LoadedProducer[],
  wants: (definition: LoadedProducer) => boolean,
  why: string,
): Promise<Embedded> {
  const chosen = new Set(definitions.filter((definition) => isKafka(definition) && wants(definition)));
  if (chosen.size === 0) return { definitions, stop: async () => {} };
  const kafka = await EmbeddedKafka.start();
  say(`${why}: starting an embedded Kafka cluster at ${kafka.bootstrapServers}`);
  return {
    definitions: definitions.map((one) => (chosen.has(one) ? withBrokers(one, kafka.bootstrapServers) : one)),
    stop: () => kafka.stop(),
  };
}

const SECURITY = /^(?:username|password|security_protocol|(?:sasl|ssl)[_.].*)$/;

const open = (settings: object) => Object.fromEntries(Object.entries(settings).filter(([key]) => !SECURITY.test(key)));

/** Removes the security settings, because the embedded cluster supports neither passwords nor TLS. */
function withBrokers(definition: LoadedProducer, bootstrapServers: string): LoadedProducer {
  const { client = {}, ...settings } = definition.config;
  const config = { ...open(settings), client: open(client as object), bootstrap_servers: bootstrapServers };
  return { ...definition, config };
}
