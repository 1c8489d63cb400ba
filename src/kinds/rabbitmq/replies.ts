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

/** Matches a refused topic permission, which concerns a routing key. */
const TOPIC = /\baccess to topic '.*/s;
/** Matches the end of a truncated text. RabbitMQ truncates after 252 bytes, perhaps within a character, and appends three dots. */
const TRUNCATED = /\ufffd?\.{3}$/;

export const refusesTopic = (thrown: unknown): boolean => TOPIC.test(asError(thrown).message);

/**
 * Whether a topic permission refuses this address. A text that RabbitMQ truncated within the address may mean any address that begins
 * like it. Where another exchange follows, the routing key was longer than this one and only quotes such a text.
 */
export function refuses(thrown: unknown, { exchange, routingKey }: Address): boolean {
  const [text] = TOPIC.exec(serverText(asError(thrown).message)) ?? [];
  if (text === undefined) return false;
  const whole = `access to topic '${routingKey}' in exchange '${exchange}' in vhost '`;
  // The quote that ends `whole` may begin the next part.
  if (text.startsWith(whole)) return !text.includes("' in exchange '", whole.length - 1);
  return TRUNCATED.test(text) && whole.startsWith(text.replace(TRUNCATED, ''));
}

/**
 * Returns the error of all messages that were in flight on a channel, or on the whole connection, when it ended. `configured` are
 * the addresses of the configuration that may be at fault.
 */
export function endError(what: 'channel' | 'connection', thrown: unknown, configured: readonly Address[]): Error {
  const { message, code } = asError(thrown) as Error & { code?: unknown };
  const text = serverText(message);
  if (code === ACCESS_REFUSED && isOfMessage(thrown, configured))
    return new PermanentSendError(`RabbitMQ refuses the message, no permission for its routing key: ${text}`, {
      condemns: 'set',
    });
  if (code === ACCESS_REFUSED || code === NOT_FOUND) return outage(`RabbitMQ closed the ${what}: ${text}`);
  const refusal = typeof code === 'number' ? REFUSALS[code] : undefined;
  if (refusal === undefined) return new TransientSendError(`the ${what} was lost: ${text}`);
  return new PermanentSendError(`RabbitMQ refuses the message, ${refusal}: ${text}`, { condemns: 'set' });
}

/** Whether the refused routing key is only a message's own. A truncated text that fits a configured one means the configured one. */
const isOfMessage = (thrown: unknown, configured: readonly Address[]): boolean =>
  refusesTopic(thrown) && !configured.some((address) => refuses(thrown, address));

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
