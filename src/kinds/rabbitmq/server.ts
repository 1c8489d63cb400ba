/** Server and user to connect with, according to the settings. */

import { ConfigError } from '../../shared/errors.ts';
import { parseAmqpUrl } from './amqp-url.ts';
import type { RabbitmqConfig } from './schema.ts';

export interface Server {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly username: string;
  readonly password: string;
  /** Whether user and password come from the URL instead of their own settings. */
  readonly isUserInUrl: boolean;
  readonly vhost: string;
}

/** RabbitMQ's default user, which it accepts only from its own machine. */
const GUEST = { username: 'guest', password: 'guest' };

/** Reads the settings. @throws ConfigError for a URL that the schema would have refused */
export function serverOf({ url, username, password, vhost }: RabbitmqConfig): Server {
  const parsed = parseAmqpUrl(url);
  if (parsed === undefined) throw new ConfigError('url: expected amqp://host:port/vhost');
  const { isTls, host, port } = parsed;
  return {
    isTls,
    host,
    port,
    name: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    username: username ?? parsed.username ?? GUEST.username,
    password: password ?? parsed.password ?? GUEST.password,
    isUserInUrl: username === undefined && parsed.username !== undefined,
    vhost: vhost ?? parsed.vhost ?? '/',
  };
}
