/**
 * Decides what RabbitMQ's reply codes mean for the messages in flight.
 *
 *    at fault                                                       meaning
 *    what the configuration names, but is missing or not allowed    outage
 *    what only the message names                                    permanent failure of the message
 *
 * The configuration names its exchanges, its queue, and routing keys without placeholders of a message.
 */

import { asError, PermanentSendError, TransientSendError } from '../../shared/errors.ts';
import type { Address } from './addressing.ts';

/** Codes by which RabbitMQ refuses a message, without naming it. It closes the channel or the connection for all in flight. */
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

/** RabbitMQ's code in an error of amqplib. Other errors have no code, or one of the operating system. */
export const codeIn = (error: unknown): unknown => (Object(error) as { code?: unknown }).code;

/** Matches a refused topic permission, which concerns a routing key. RabbitMQ truncates long texts. */
const TOPIC = /\baccess to topic '/;
const WHOLE_TOPIC = /\baccess to topic '(.*)' in exchange '(.*)' in vhost '/s;

export type IsConfigured = (address: Address) => boolean;

/** Returns the address that a topic permission refuses. Undefined for other errors, and where the text was truncated. */
export function refusedAddress(thrown: unknown): Address | undefined {
  const [, routingKey, exchange] = WHOLE_TOPIC.exec(asError(thrown).message) ?? [];
  return routingKey === undefined || exchange === undefined ? undefined : { exchange, routingKey };
}

/** Returns the error of all messages that were in flight on a channel, or on the whole connection, when it ended. */
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

/** Demands a reset. The next connection checks what the configuration names, and declares it with `declare: true`. */
const outage = (text: string): Error => Object.assign(new TransientSendError(text), { needsReset: true });

export const nackError = (): Error =>
  new TransientSendError('RabbitMQ did not take the message (nack): its queue is full, or cannot store it now');

export interface Returned extends Address {
  readonly replyCode: number;
  readonly replyText: string;
}

/** Error of a message that no queue took because of its own routing key. */
export const returnError = (reply: Returned): Error => new PermanentSendError(unroutable(reply));

/** Error of a message that no queue took because a configured exchange, queue or binding is missing. */
export const routeOutage = (reply: Returned): Error => outage(unroutable(reply));

function unroutable({ replyCode, replyText, exchange, routingKey }: Returned): string {
  const why =
    exchange === ''
      ? `there is no queue '${routingKey}'`
      : `no queue is bound to exchange '${exchange}' for routing key '${routingKey}'`;
  return `unroutable (${replyCode} ${replyText}): ${why}`;
}

/** Returns the server's own text, without amqplib's text around it. */
export const serverText = (message: string): string => /with message "(.*)"$/s.exec(message)?.[1] ?? message;
