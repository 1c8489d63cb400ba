/** The text by which RabbitMQ refuses a topic permission. */

import type { Address } from '../../src/kinds/rabbitmq/addressing.ts';

const LONGEST = 255;
const KEPT = 252;

/** Returns the text as amqplib reads it. RabbitMQ truncates a long one by bytes, perhaps within a character. */
export function topicRefusal({ exchange, routingKey }: Address): string {
  const what = `access to topic '${routingKey}' in exchange '${exchange}' in vhost '/' refused for user 'u'`;
  const bytes = Buffer.from(`ACCESS_REFUSED - ${what}`);
  return bytes.length > LONGEST ? `${bytes.subarray(0, KEPT)}...` : String(bytes);
}
