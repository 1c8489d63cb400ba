/**
 * Channels that a server cannot block by its confirmations.
 *
 * amqplib takes each delivery tag for an index. A tag near 2^32 makes an array of that length, and the next confirmation of
 * several messages searches it for minutes, in native code that not even the end of the thread stops.
 */

import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';

const CONFIRMATIONS = { ack: 'taken', nack: 'refused' } as const;

/** RabbitMQ's answer about a message. */
export type Word = (typeof CONFIRMATIONS)[keyof typeof CONFIRMATIONS];

export interface Confirmation {
  readonly word: Word;
  /** Number of the message on its channel, from 1. */
  readonly tag: number;
  /** Whether it holds for all messages before it too. */
  readonly multiple: boolean;
}

interface Fields {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/** Opens a channel for questions, on which nothing is confirmed. An error rejects the call that it belongs to. */
export async function openSideChannel(model: Pick<ChannelModel, 'createChannel'>): Promise<Channel> {
  const channel = await model.createChannel();
  channel.on('error', () => {});
  for (const event of Object.keys(CONFIRMATIONS)) channel.removeAllListeners(event);
  forget(channel);
  return channel;
}

/** Undoes what confirmations of a channel have done before anything was published on it, in members that amqplib's types lack. */
const forget = (channel: Channel): unknown => Object.assign(channel, { unconfirmed: [], lwm: 1 });

/** Passes confirmations to `take`, and to the listeners of before only those for which it returns true. */
export function onConfirmed(channel: ConfirmChannel, take: (confirmation: Confirmation) => boolean): void {
  forget(channel);
  for (const [event, word] of Object.entries(CONFIRMATIONS)) {
    const before = channel.rawListeners(event);
    channel.removeAllListeners(event);
    channel.on(event, (fields: Fields) => {
      if (!take({ word, tag: fields.deliveryTag, multiple: fields.multiple })) return;
      for (const listener of before) listener.call(channel, fields);
    });
  }
}
