/**
 * What RabbitMQ's reply codes mean for the messages that were on their way.
 *
 * What the configuration names (its exchanges, its queue, a routing key that holds nothing of the message) and is away, or
 * may not be used, is an outage. What only a message names is the message's own fault.
 */

import { asError, PermanentSendError, TransientSendError } from '../../shared/errors.ts';
import type { Address } from './addressing.ts';

/**
 * Codes by which it refuses a message. It does not say which: the channel, or the connection, ends for all that were on
 * their way.
 */
const REFUSALS: Readonly<Record<number, string>> = {
  311: 'the message is too large',
  406: 'a property or its size is refused',
  501: 'its frames are refused',
  502: 'a field of it is refused',
  504: 'its channel is refused',
};

export const ACCESS_REFUSED = 403;
export const NOT_FOUND = 404;
export const PRECONDITION_FAILED = 406;

/** RabbitMQ's code in an error of amqplib; other errors have none, or one of the system's. */
export const codeIn = (error: unknown): unknown => (Object(error) as { code?: unknown }).code;

/** Topic permissions are about routing keys. Long texts of RabbitMQ lack their end. */
const TOPIC = /\baccess to topic '/;
const WHOLE_TOPIC = /\baccess to topic '(.*)' in exchange '(.*)' in vhost '/s;

export type IsConfigured = (address: Address) => boolean;

/** The address that a topic permission refuses; undefined where the refusal is none, or does not say it. */
export function refusedAddress(thrown: unknown): Address | undefined {
  const [, routingKey, exchange] = WHOLE_TOPIC.exec(asError(thrown).message) ?? [];
  return routingKey === undefined || exchange === undefined ? undefined : { exchange, routingKey };
}

/** Why everything that was on its way on a channel, or on the whole connection, came to nothing. */
export function endError(what: 'channel' | 'connection', thrown: unknown, isConfigured: IsConfigured): Error {
  const { message, code } = asError(thrown) as Error & { code?: unknown };
  const text = serverText(message);
  if (code === ACCESS_REFUSED && isOfMessage(thrown, isConfigured))
    return new PermanentSendError(`RabbitMQ refuses the message, no permission for its routing key: ${text}`, {
      condemns: 'set',
    });
  if (code === ACCESS_REFUSED || code === NOT_FOUND) return outage(`RabbitMQ closed the ${what}: ${text}`);
  const refusal = typeof code === 'number' ? REFUSALS[code] : undefined;
  if (refusal === undefined) return new TransientSendError(`the ${what} was lost: ${text}`);
  return new PermanentSendError(`RabbitMQ refuses the message, ${refusal}: ${text}`, { condemns: 'set' });
}

function isOfMessage(thrown: unknown, isConfigured: IsConfigured): boolean {
  const address = refusedAddress(thrown);
  return address === undefined ? TOPIC.test(asError(thrown).message) : !isConfigured(address);
}

/** The next connection looks for everything that the configuration names, and makes again what it declares. */
const outage = (text: string): Error => Object.assign(new TransientSendError(text), { needsReset: true });

export const nackError = (): Error =>
  new TransientSendError('RabbitMQ did not take the message (nack): its queue is full, or cannot store it now');

export interface Returned extends Address {
  readonly replyCode: number;
  readonly replyText: string;
}

/** A message that no queue took, because of its own routing key. */
export const returnError = (reply: Returned): Error => new PermanentSendError(unroutable(reply));

/** A message that no queue took, because what the configuration names is away. */
export const routeOutage = (reply: Returned): Error => outage(unroutable(reply));

function unroutable({ replyCode, replyText, exchange, routingKey }: Returned): string {
  const why =
    exchange === ''
      ? `there is no queue '${routingKey}'`
      : `no queue is bound to exchange '${exchange}' for routing key '${routingKey}'`;
  return `unroutable (${replyCode} ${replyText}): ${why}`;
}

/** The server's own words, without those around them. */
export const serverText = (message: string): string => /with message "(.*)"$/s.exec(message)?.[1] ?? message;
