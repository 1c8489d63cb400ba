/** Where a message goes: its exchange, and its routing key, which may hold its topic and its key. */

import { isUtf8 } from 'node:buffer';
import type { RabbitmqConfig } from '../../config/rabbitmq.ts';
import { ROUTING_PLACES } from '../../config/rabbitmq-fields.ts';
import { PermanentSendError } from '../../errors.ts';
import type { Message } from '../../message.ts';

export interface Address {
  /** Empty for the exchange without a name. */
  readonly exchange: string;
  readonly routingKey: string;
}

type Settings = Pick<
  RabbitmqConfig,
  'exchange' | 'routing_key' | 'error_exchange' | 'error_routing_key' | 'queue_name'
>;

const LONGEST_KEY = 255;

export class Addressing {
  readonly #ordinary: Address;
  readonly #errors: Address;

  constructor(settings: Settings) {
    const { exchange = '', queue_name, error_exchange = exchange } = settings;
    // Without an exchange the routing key is the name of a queue, and this is the one that was named.
    const { routing_key = exchange === '' && queue_name !== undefined ? queue_name : '{topic}' } = settings;
    this.#ordinary = { exchange, routingKey: routing_key };
    this.#errors = { exchange: error_exchange, routingKey: settings.error_routing_key ?? routing_key };
  }

  /** @throws PermanentSendError when the message makes no routing key */
  of(message: Pick<Message, 'topic' | 'key' | 'isError'>): Address {
    const { exchange, routingKey: template } = message.isError ? this.#errors : this.#ordinary;
    const routingKey = template === '{topic}' ? message.topic : filledIn(template, message);
    if (Buffer.byteLength(routingKey) > LONGEST_KEY)
      throw new PermanentSendError(`the routing key is longer than ${LONGEST_KEY} bytes`);
    return { exchange, routingKey };
  }
}

const filledIn = (template: string, { topic, key }: Pick<Message, 'topic' | 'key'>): string =>
  template.replaceAll(ROUTING_PLACES, (_, place: string) => (place === 'topic' ? topic : keyText(key)));

function keyText(key: Uint8Array | null): string {
  if (key === null) throw new PermanentSendError('its routing key holds its key, and the message has none');
  if (!isUtf8(key)) throw new PermanentSendError("the message's key is not UTF-8 text, as a routing key must be");
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString();
}
