/** The settings of a Kafka producer for each listener of the single broker. */

import { SINGLE_LISTENERS, type SingleKafka, type SingleListener } from './state.ts';
import type { User } from './users.ts';

export type KafkaSettings = Record<string, string> & { bootstrap_servers: string };

/** As it must be for the listener: as `writer` where there are users, with the client certificate where there is TLS. */
export function secure(kafka: SingleKafka, listener: SingleListener, mechanism = 'PLAIN'): KafkaSettings {
  const protocol = SINGLE_LISTENERS[listener];
  return {
    bootstrap_servers: kafka.bootstrapServers[listener],
    security_protocol: protocol,
    ...(protocol.startsWith('SASL') && asUser(kafka.users.writer, mechanism)),
    ...(protocol.endsWith('SSL') && { ssl_cafile: kafka.certificates.ca }),
    ...(listener === 'mtls' && withCertificate(kafka)),
  };
}

export const asUser = ({ username, password }: User, mechanism = 'PLAIN') => ({
  username,
  password,
  sasl_mechanism: mechanism,
});

const withCertificate = ({ certificates }: SingleKafka) => ({
  ssl_certfile: certificates.clientCertificate,
  ssl_keyfile: certificates.clientKey,
});
