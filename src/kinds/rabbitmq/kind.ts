/** The RabbitMQ kind, as the registry lists it. */

import { quote } from '../../config/report/redact.ts';
import { WORKER_DESCRIPTORS } from '../common/descriptors.ts';
import { isThisMachine, topicsOf } from '../common/destination.ts';
import { NO_NEEDS } from '../common/needs.ts';
import type { Kind } from '../kind.ts';
import { parseAmqpUrl } from './amqp-url.ts';
import { SAMPLE } from './sample.ts';
import { type RabbitmqConfig, RabbitmqProducerConfig } from './schema.ts';

export const rabbitmq: Kind = {
  schema: RabbitmqProducerConfig,
  sample: SAMPLE,
  load: async () => (await import('./rabbitmq-producer.ts')).RabbitmqProducer,
  destination: (config: RabbitmqConfig, topic) => {
    const { host, port } = parseAmqpUrl(config.url) ?? { host: '', port: 0 };
    return { text: `${exchangesOf(config, topic)} at ${host}:${port}`, isHarmless: isThisMachine(host) };
  },
  // One connection, and another one that probes the server.
  descriptors: () => WORKER_DESCRIPTORS + 2,
  needs: ({ routing_key: key = '', error_routing_key: ofErrors = key }: RabbitmqConfig, isError) => ({
    ...NO_NEEDS,
    key: (isError ? ofErrors : key).includes('{key}'),
  }),
};

/** Names the exchanges, or the queue. With the default exchange the routing key names the queue. */
function exchangesOf(config: RabbitmqConfig, topic: string | undefined): string {
  const { exchange, error_exchange: errors = exchange, queue_name: queue } = config;
  if (exchange === undefined && queue !== undefined) return `queue ${quote(queue)}`;
  if (exchange === undefined) return topicsOf(config, topic).replace('topic', 'queue');
  const names = [...new Set([exchange, errors])].map((one) => quote(String(one)));
  return `${names.length === 1 ? 'exchange' : 'exchanges'} ${names.join(' and ')}`;
}
