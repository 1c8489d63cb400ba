/** What the settings say about where to connect and as whom. */

import { ConfigError } from '../../shared/errors.ts';
import { parseAmqpUrl } from './amqp-url.ts';
import type { RabbitmqConfig } from './schema.ts';

export interface Server {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  /** `host:port`, as messages name it. */
  readonly name: string;
  readonly username: string;
  readonly password: string;
  /** Whether user and password are part of the url, instead of settings of their own. */
  readonly isUserInUrl: boolean;
  readonly vhost: string;
}

/** RabbitMQ's own, which it takes from its own machine alone. */
const GUEST = { username: 'guest', password: 'guest' };

/** @throws ConfigError for a url that the schema would have refused */
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
