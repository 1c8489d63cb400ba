/** Connects by amqplib, which is loaded for the first connection. */

import type { ChannelModel, Options } from 'amqplib';
import { parseDuration } from '../../config/schema/duration.ts';
import { loadPackage } from '../common/optional-package.ts';
import { tlsOptions } from '../common/tls-options.ts';
import type { RabbitmqConfig } from './schema.ts';
import { type Server, serverOf } from './server.ts';

const load = () => loadPackage('rabbitmq', 'amqplib', async () => (await import('amqplib')).default);

/**
 * Opens a connection and completes its handshake. Aborting `signal` ends the connection at once, at any time.
 * @throws the error of the system, TLS or amqplib, which diagnosis.ts explains; ConfigError when amqplib is not installed
 */
export async function connect(config: RabbitmqConfig, signal: AbortSignal): Promise<ChannelModel> {
  const amqplib = await load();
  const server = serverOf(config);
  // amqplib passes its options on to Node's sockets, which accept more than amqplib's types declare.
  const options = {
    ...(server.isTls && tlsOptions(config)),
    noDelay: true,
    keepAlive: true,
    signal,
    clientProperties: { product: 'outspool', connection_name: `outspool ${config.name}` },
  };
  return amqplib.connect(address(server, config), options);
}

function address(server: Server, { heartbeat }: RabbitmqConfig): Options.Connect {
  const { isTls, host, port, username, password, vhost } = server;
  return {
    protocol: isTls ? 'amqps' : 'amqp',
    hostname: host,
    port,
    username,
    password,
    vhost: encodeURIComponent(vhost), // amqplib decodes it
    heartbeat: parseDuration(heartbeat) / 1000,
  };
}
