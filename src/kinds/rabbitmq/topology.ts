/** The exchanges and the queue of the settings. They are declared with `declare: true`, and otherwise only checked. */

import type { Channel, ChannelModel } from 'amqplib';
import { openSideChannel } from './channel.ts';
import type { RabbitmqConfig } from './schema.ts';

/** One exchange, queue or binding that must exist, and how to ensure that. */
export interface Part {
  /** Text for reports, such as `exchange 'orders'`. */
  readonly what: string;
  readonly setting: 'exchange' | 'error_exchange' | 'queue_name' | 'binding_key';
  ensure(channel: Channel): Promise<unknown>;
}

/** Returns the parts in the order in which they depend on each other. */
export function partsOf(config: RabbitmqConfig): Part[] {
  return [...exchangePart(config, 'exchange'), ...exchangePart(config, 'error_exchange'), ...queueParts(config)];
}

function exchangePart(config: RabbitmqConfig, setting: 'exchange' | 'error_exchange'): Part[] {
  const { [setting]: name, declare, durable, exchange_type, exchange_arguments } = config;
  if (name === undefined) return [];
  const options = { durable, arguments: exchange_arguments };
  const ensure = (channel: Channel) =>
    declare ? channel.assertExchange(name, exchange_type, options) : channel.checkExchange(name);
  return [{ what: `exchange '${name}'`, setting, ensure }];
}

function queueParts({ queue_name: queue, exchange, declare, durable, ...config }: RabbitmqConfig): Part[] {
  if (queue === undefined) return [];
  const { queue_type, queue_arguments, binding_key } = config;
  const type = queue_type === undefined ? {} : { 'x-queue-type': queue_type };
  const options = { durable, arguments: { ...type, ...queue_arguments } };
  const there = queuePart(queue);
  if (!declare) return [there];
  const made: Part = { ...there, ensure: (channel) => channel.assertQueue(queue, options) };
  if (exchange === undefined) return [made];
  const what = `the binding of queue '${queue}' to exchange '${exchange}'`;
  return [made, { what, setting: 'binding_key', ensure: (channel) => channel.bindQueue(queue, exchange, binding_key) }];
}

/** Returns the queue to which the default exchange routes a message. */
export const queuePart = (queue: string): Part => ({
  what: `queue '${queue}'`,
  setting: 'queue_name',
  ensure: (channel) => channel.checkQueue(queue),
});

export interface Missing {
  readonly part: Part;
  readonly error: Error;
}

/** Ensures all parts, and returns the first missing one. RabbitMQ then closes the channel, which is one of its own. */
export async function missingOf(model: ChannelModel, parts: readonly Part[]): Promise<Missing | undefined> {
  if (parts.length === 0) return undefined;
  const channel = await openSideChannel(model);
  for (const part of parts) {
    try {
      await part.ensure(channel);
    } catch (error) {
      return { part, error: error as Error };
    }
  }
  await channel.close();
  return undefined;
}
