/**
 * The memory kind keeps the messages that it delivers, for tests of code that uses producers. Its hooks run on the caller's
 * thread, so that a test starts at once, reads the delivered messages and decides which attempts fail.
 */

import type { z } from 'zod';
import { BaseProducer } from '../../caller/base-producer.ts';
import type { ProducerOptions } from '../../caller/producer-options.ts';
import { checkedMs, type DurationInput } from '../../caller/wait-options.ts';
import { hookContext } from '../../shared/build-side.ts';
import { ConnectError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Message } from '../../shared/message/message.ts';
import { type Failure, MemoryServer } from './memory-server.ts';
import { MemoryProducerConfig } from './schema.ts';

/** Servers by the configuration object, which the caller's producer and its hooks share. */
const servers = new WeakMap<object, MemoryServer>();

/** Keeps messages: `new MemoryProducer({ type: 'memory', name })`. */
export class MemoryProducer extends BaseProducer<typeof MemoryProducerConfig> {
  static override readonly module = import.meta.url;
  static override readonly config = MemoryProducerConfig;

  static override runsInline(config: unknown, log?: Logger): boolean {
    log?.debug({ producer: Object(config).name }, 'the memory kind runs on the thread of the caller');
    return true;
  }

  readonly #server: MemoryServer;

  /** @throws ConfigError when the configuration does not fit */
  constructor(config: z.input<typeof MemoryProducerConfig>, options: ProducerOptions = {}) {
    super(config, options);
    const isHooks = hookContext(this.constructor.name) !== undefined;
    this.#server = (isHooks && servers.get(config)) || new MemoryServer(this.config.keep);
    servers.set(this.config, this.#server);
  }

  /** Returns the delivered messages in order, of one topic or of all. */
  messages(topic?: string): readonly Message[] {
    return this.#server.messages.filter((message) => topic === undefined || message.topic === topic);
  }

  /** Returns the next delivered message of the topic that `take` has not returned yet. @throws OutspoolError after the timeout */
  async take(topic: string = this.config.topic ?? this.name, timeout: DurationInput = 10_000): Promise<Message> {
    return this.#server.take(topic, checkedMs(timeout));
  }

  /** Forgets the delivered messages. */
  clear(): void {
    this.#server.clear();
  }

  /** Makes the next attempts fail, each with the next of these errors. */
  failNext(...errors: Error[]): void {
    this.#server.failNext(errors);
  }

  /** Makes every attempt fail for which this returns an error, until this is called without an argument. */
  failWhen(failure?: Failure): void {
    this.#server.failWhen(failure);
  }

  /** Simulates an outage: connecting fails, and an open connection breaks. */
  down(): void {
    this.#server.isUp = false;
  }

  /** Ends the outage. */
  up(): void {
    this.#server.isUp = true;
  }

  _connect(): void {
    if (!this.#server.isUp) throw new ConnectError('the memory is down()');
  }

  _send(_isError: boolean, message: Message): void {
    this.#server.deliver(message);
  }

  _close(): void {}
}
