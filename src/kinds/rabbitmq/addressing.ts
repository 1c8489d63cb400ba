/** Address of a message: its exchange, and its routing key, which may contain the message's topic and key. */

import { isUtf8 } from 'node:buffer';
import { PermanentSendError } from '../../shared/errors.ts';
import type { Message } from '../../shared/message/message.ts';
import { ROUTING_PLACES } from './fields.ts';
import type { RabbitmqConfig } from './schema.ts';

export interface Address {
  /** Empty for the default exchange. */
  readonly exchange: string;
  readonly routingKey: string;
}

type Settings = Partial<
  Pick<
    RabbitmqConfig,
    | 'exchange'
    | 'routing_key'
    | 'error_exchange'
    | 'error_routing_key'
    | 'queue_name'
    | 'name'
    | 'topic'
    | 'error_topic'
  >
>;

const LONGEST_KEY = 255;
const SAMPLE_KEY = Buffer.from('outspool-check');

export class Addressing {
  readonly #ordinary: Address;
  readonly #errors: Address;
  /** Addresses that the configuration alone determines, or determines with its topic for messages that name none. */
  readonly configured: readonly Address[];

  constructor(settings: Settings) {
    const { exchange = '', queue_name, error_exchange = exchange } = settings;
    // With the default exchange the routing key is the name of a queue. A configured `queue_name` is then the default.
    const { routing_key = exchange === '' && queue_name !== undefined ? queue_name : '{topic}' } = settings;
    this.#ordinary = { exchange, routingKey: routing_key };
    this.#errors = { exchange: error_exchange, routingKey: settings.error_routing_key ?? routing_key };
    const { name, topic = name, error_topic = topic } = settings;
    this.configured = [...withoutMessage(this.#ordinary, topic), ...withoutMessage(this.#errors, error_topic)];
  }

  /** Returns sample addresses: that of an ordinary message, and that of an error message where it differs. */
  samples(topic: string): Address[] {
    const sample = (isError: boolean) => this.of({ topic, key: SAMPLE_KEY, isError });
    const [ordinary, error] = [sample(false), sample(true)];
    return isSame(ordinary, error) ? [ordinary] : [ordinary, error];
  }

  /** Returns the name of the destination for traces. `{key}` stays in it, because there may be any number of keys. */
  nameOf(topic: string, isError: boolean): string {
    const { exchange, routingKey } = isError ? this.#errors : this.#ordinary;
    const parts = [exchange, routingKey.replaceAll('{topic}', () => topic)].filter((part) => part !== '');
    return parts.join(':') || DEFAULT_EXCHANGE;
  }

  isConfigured(address: Address): boolean {
    return this.configured.some((one) => isSame(one, address));
  }

  /** Returns the address of a message. @throws PermanentSendError when the message gives no routing key */
  of(message: Pick<Message, 'topic' | 'key' | 'isError'>): Address {
    const { exchange, routingKey: template } = message.isError ? this.#errors : this.#ordinary;
    const routingKey = template === '{topic}' ? message.topic : filledIn(template, message);
    if (Buffer.byteLength(routingKey) > LONGEST_KEY)
      throw new PermanentSendError(`the routing key is longer than ${LONGEST_KEY} bytes`);
    return { exchange, routingKey };
  }
}

export const isSame = (one: Address, other: Address): boolean =>
  one.exchange === other.exchange && one.routingKey === other.routingKey;

/** The name of a destination that has neither exchange nor routing key. */
const DEFAULT_EXCHANGE = 'amq.default';

function withoutMessage({ exchange, routingKey }: Address, topic: string | undefined): Address[] {
  if (routingKey.includes('{key}') || (topic === undefined && routingKey.includes('{topic}'))) return [];
  return [{ exchange, routingKey: routingKey.replaceAll('{topic}', () => topic ?? '') }];
}

const filledIn = (template: string, { topic, key }: Pick<Message, 'topic' | 'key'>): string =>
  template.replaceAll(ROUTING_PLACES, (_, place: string) => (place === 'topic' ? topic : keyText(key)));

function keyText(key: Uint8Array | null): string {
  if (key === null) throw new PermanentSendError('its routing key holds its key, and the message has none');
  if (!isUtf8(key)) throw new PermanentSendError("the message's key is not UTF-8 text, as a routing key must be");
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString();
}
