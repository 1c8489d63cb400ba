/** Asks RabbitMQ whether it takes messages at an address, by a message that it refuses before it routes it. */

import { once } from 'node:events';
import type { ChannelModel } from 'amqplib';
import type { Address } from './addressing.ts';

/** RabbitMQ reads this property after it has checked the permissions, and before it routes: such a message goes nowhere. */
const IMPOSSIBLE = { expiration: 'outspool-check' };

/** `refused`: the error by which it closed the channel. `blocked`: why it takes no messages at all now. */
export type PublishAnswer = { readonly refused: Error & { code?: unknown } } | { readonly blocked: string };

/** @throws when `signal` is aborted before there is an answer */
export async function askToPublish(model: ChannelModel, at: Address, signal: AbortSignal): Promise<PublishAnswer> {
  const channel = await model.createChannel();
  channel.on('error', () => {}); // also one that comes after the answer
  const answers = [
    once(channel, 'error', { signal }).then(([refused]): PublishAnswer => ({ refused })),
    once(model, 'blocked', { signal }).then(([blocked]): PublishAnswer => ({ blocked })),
  ];
  for (const answer of answers) answer.catch(() => {}); // the one that lost the race
  channel.publish(at.exchange, at.routingKey, Buffer.alloc(0), IMPOSSIBLE);
  return Promise.race(answers);
}

/** Whether RabbitMQ refuses messages at an address for good; `unknown`: it takes no messages now, and does not answer. */
export type Permission = { readonly refused: Error; readonly address: Address } | 'granted' | 'unknown';

interface Questions {
  readonly addresses: readonly Address[];
  /** Whether the error says that the address is refused. */
  isRefusal(error: Error): boolean;
}

/** Asks at one address after the other. @throws when `signal` is aborted before there is an answer */
export async function permissionAt(
  model: ChannelModel,
  { addresses, isRefusal }: Questions,
  signal: AbortSignal,
): Promise<Permission> {
  for (const address of addresses) {
    const answer = await askToPublish(model, address, signal);
    // It announces this once, so the next question would have no answer.
    if ('blocked' in answer) return 'unknown';
    if (isRefusal(answer.refused)) return { refused: answer.refused, address };
  }
  return 'granted';
}
