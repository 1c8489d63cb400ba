/**
 * Decides why RabbitMQ returned a message as unroutable. If a configured exchange, queue or binding is missing, that is an
 * outage. If the message's own routing key is at fault, the message has failed permanently.
 */

import type { Channel, ChannelModel } from 'amqplib';
import type { Addressing } from '../addressing.ts';
import { openSideChannel } from '../channel.ts';
import { codeIn, NOT_FOUND, type Returned, returnError, routeOutage } from '../replies.ts';
import type { RabbitmqConfig } from '../schema.ts';
import { takes } from './binding.ts';

type Settings = Pick<RabbitmqConfig, 'queue_name' | 'exchange' | 'declare' | 'exchange_type' | 'binding_key'>;

type Configured = Pick<Addressing, 'isConfigured'>;

export class Returns {
  readonly #settings: Settings;
  readonly #addressing: Configured;
  readonly #model: Pick<ChannelModel, 'createChannel'>;
  #channel: Promise<Channel> | undefined;

  constructor(model: Pick<ChannelModel, 'createChannel'>, settings: Settings, addressing: Configured) {
    this.#model = model;
    this.#settings = settings;
    this.#addressing = addressing;
  }

  /** Returns the error. It is a promise where RabbitMQ must be asked whether the configured queue exists. */
  errorOf(reply: Returned): Error | Promise<Error> {
    if (this.#addressing.isConfigured(reply) || this.#isBoundFor(reply)) return routeOutage(reply);
    if (!this.#mayReachTheQueue(reply)) return returnError(reply);
    return this.#queueIsThere().then((isThere) => (isThere ? returnError(reply) : routeOutage(reply)));
  }

  #mayReachTheQueue({ exchange }: Returned): boolean {
    const { queue_name, exchange: configured } = this.#settings;
    return queue_name !== undefined && configured !== undefined && exchange === configured;
  }

  /** Whether the declared binding matches such a message. If it does, the binding or its queue no longer exists. */
  #isBoundFor(reply: Returned): boolean {
    const { declare, exchange_type: exchangeType, binding_key: key } = this.#settings;
    return declare && this.#mayReachTheQueue(reply) && takes({ exchangeType, key }, reply.routingKey);
  }

  /** Asks on one channel, which stays open as long as the queue exists. */
  async #queueIsThere(): Promise<boolean> {
    try {
      this.#channel ??= openSideChannel(this.#model);
      await (await this.#channel).checkQueue(this.#settings.queue_name as string);
      return true;
    } catch (error) {
      this.#channel = undefined;
      const code = codeIn(error);
      // Without a code, the channel ended because of an earlier question or with its connection. The message is then retried.
      return typeof code === 'number' && code !== NOT_FOUND;
    }
  }
}
