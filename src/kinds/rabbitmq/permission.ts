/** Asks RabbitMQ whether it accepts messages at an address. It publishes a message that RabbitMQ refuses before it routes it. */

import { once } from 'node:events';
import type { ChannelModel } from 'amqplib';
import type { Address } from './addressing.ts';
import { openSideChannel } from './channel.ts';

/** RabbitMQ parses this property after it has checked permissions and before it routes, so the message reaches no queue. */
const IMPOSSIBLE = { expiration: 'outspool-check' };

/** `refused` is the error by which RabbitMQ closed the channel. `blocked` is the reason why it accepts no messages at all now. */
export type PublishAnswer = { readonly refused: Error & { code?: unknown } } | { readonly blocked: string };

/** Publishes the message and returns the answer. @throws when `signal` is aborted before there is an answer */
export async function askToPublish(model: ChannelModel, at: Address, signal: AbortSignal): Promise<PublishAnswer> {
  const channel = await openSideChannel(model);
  const answers = [
    once(channel, 'error', { signal }).then(([refused]): PublishAnswer => ({ refused })),
    once(model, 'blocked', { signal }).then(([blocked]): PublishAnswer => ({ blocked })),
  ];
  for (const answer of answers) answer.catch(() => {}); // prevents an unhandled rejection of the other promise
  channel.publish(at.exchange, at.routingKey, Buffer.alloc(0), IMPOSSIBLE);
  return Promise.race(answers);
}

/** Whether RabbitMQ refuses messages at an address. `unknown` means that it accepts no messages now, and does not answer. */
export type Permission = { readonly refused: Error; readonly address: Address } | 'granted' | 'unknown';

interface Questions {
  readonly addresses: readonly Address[];
  /** Whether the error means that the address is refused. */
  isRefusal(error: Error): boolean;
}

/** Asks for one address after the other. @throws when `signal` is aborted before there is an answer */
export async function permissionAt(
  model: ChannelModel,
  { addresses, isRefusal }: Questions,
  signal: AbortSignal,
): Promise<Permission> {
  for (const address of addresses) {
    const answer = await askToPublish(model, address, signal);
    // RabbitMQ announces this once, so that the next question would get no answer.
    if ('blocked' in answer) return 'unknown';
    if (isRefusal(answer.refused)) return { refused: answer.refused, address };
  }
  return 'granted';
}
