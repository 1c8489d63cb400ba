/** What RabbitMQ's reply codes mean for the messages that were on their way. */

import { asError, PermanentSendError, TransientSendError } from '../../errors.ts';

/**
 * Codes by which it refuses a message. It does not say which: the channel, or the connection, ends for all that were on
 * their way.
 */
const REFUSALS: Readonly<Record<number, string>> = {
  311: 'the message is too large',
  403: 'no permission to publish it',
  404: 'its exchange does not exist',
  406: 'a property or its size is refused',
  501: 'its frames are refused',
  502: 'a field of it is refused',
  504: 'its channel is refused',
};

/** Why everything that was on its way on a channel, or on the whole connection, came to nothing. */
export function endError(what: 'channel' | 'connection', thrown: unknown): Error {
  const { message, code } = asError(thrown) as Error & { code?: unknown };
  const text = serverText(message);
  const refusal = typeof code === 'number' ? REFUSALS[code] : undefined;
  if (refusal === undefined) return new TransientSendError(`the ${what} was lost: ${text}`);
  return new PermanentSendError(`RabbitMQ refuses the message, ${refusal}: ${text}`, { condemns: 'set' });
}

export const nackError = (): Error =>
  new TransientSendError('RabbitMQ did not take the message (nack): its queue is full, or cannot store it now');

export interface Returned {
  readonly replyCode: number;
  readonly replyText: string;
  readonly exchange: string;
  readonly routingKey: string;
}

/** A message that came back, because nobody would have got it. */
export function returnError({ replyCode, replyText, exchange, routingKey }: Returned): Error {
  const why =
    exchange === ''
      ? `there is no queue '${routingKey}'`
      : `no queue is bound to exchange '${exchange}' for routing key '${routingKey}'`;
  return new PermanentSendError(`unroutable (${replyCode} ${replyText}): ${why}`);
}

/** The server's own words, without those around them. */
export const serverText = (message: string): string => /with message "(.*)"$/s.exec(message)?.[1] ?? message;
