// Delivers to Redis streams: the topic is the stream, and a batch is one transaction (MULTI, XADD …, EXEC) in one round trip.
import { BaseProducer, BaseProducerConfig, PermanentSendError, TransientSendError } from 'outspool';
import { z } from 'zod';

const Config = BaseProducerConfig.extend({
  url: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  username: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  max_length: z.number().multipleOf(1).min(1).optional().describe('How many entries a stream keeps, about.'),
});

/** Refused for what the message is, or where it goes; everything else may pass. */
const PERMANENT = /^(WRONGTYPE|NOPERM)\b/;

export class RedisStreamsProducer extends BaseProducer {
  static module = import.meta.url; // where the worker finds this class
  static config = Config;

  #redis;

  // Called for the first message and after every reset, so it starts from nothing. outspool retries; the client does not.
  async _connect(signal) {
    const { Redis } = await import('ioredis');
    const { url, username, password } = this.config;
    const redis = new Redis(url, {
      ...(username && { username }),
      ...(password && { password }),
      lazyConnect: true,
      retryStrategy: () => null,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    });
    this.#redis = redis;
    let reason; // its word on why; connect() itself says only that the connection is closed
    redis.on('error', (error) => {
      reason = error;
    });
    signal.addEventListener('abort', () => redis.disconnect(), { once: true });
    try {
      await redis.connect();
    } catch (error) {
      throw reason ?? error;
    }
  }

  // Everything goes by the batch; the base class wants it to be there.
  async _send(_isError, message) {
    await this.#add([message]);
  }

  // All or nothing keeps the order: where Redis has no memory, or only reads, EXEC does nothing at all. What it refuses of
  // single entries it refuses for good, and the others are in.
  async _sendBatch(batch) {
    const indices = Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));
    try {
      const results = await this.#add(indices.map((index) => batch.message(index)));
      for (const [at, [error]] of results.entries()) {
        if (error) batch.failed(indices[at], classified(error));
        else batch.delivered(indices[at]);
      }
    } catch (error) {
      for (const index of indices) batch.failed(index, classified(error));
    }
  }

  #add(messages) {
    const multi = this.#redis.multi();
    for (const message of messages) multi.xadd(message.topic, ...this.#trim(), '*', ...fields(message));
    return multi.exec();
  }

  #trim() {
    const { max_length } = this.config;
    return max_length === undefined ? [] : ['MAXLEN', '~', max_length];
  }

  // An attempt is given up: what is on its way is rejected at once, and a new connection follows.
  _interrupt() {
    this.#redis?.disconnect();
  }

  // The client has lost its connection and does not look for another one: outspool makes a new one before the next attempt.
  get _spent() {
    return this.#redis?.status === 'end';
  }

  // Safe when there is no connection, and twice.
  async _close() {
    this.#redis?.disconnect();
    this.#redis = undefined;
  }
}

/** An entry is a list of names and values. A field that is not there says more than an empty one: a tombstone has no value. */
function fields(message) {
  const { id, key, value, timestamp, isError } = message;
  const { headers } = message.toJSON(); // pairs of name and text, or {"base64": …} for what is no text
  return [
    ...['id', id], // the same in every attempt: readers tell repetitions by it
    ...(key === null ? [] : ['key', Buffer.from(key)]),
    ...(value === null ? [] : ['value', Buffer.from(value)]),
    ...(headers === undefined ? [] : ['headers', JSON.stringify(headers)]),
    ...(timestamp === null ? [] : ['timestamp', timestamp]),
    ...(isError ? ['is_error', 1] : []),
  ];
}

/**
 * One command that Redis refuses when it is queued discards the transaction (EXECABORT), and takes the others with it: then
 * the whole set is refused, and outspool halves it until the one is alone.
 */
function classified(error) {
  const { message, previousErrors = [] } = error;
  if (PERMANENT.test(message)) return new PermanentSendError(message, { cause: error });
  const queued = previousErrors.find((one) => PERMANENT.test(one.message));
  if (queued) return new PermanentSendError(queued.message, { cause: queued, condemns: 'set' });
  return new TransientSendError(previousErrors[0]?.message ?? message, { cause: error });
}
