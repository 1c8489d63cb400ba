/**
 * The clients of one producer.
 *
 *   sets      sends sets of messages
 *   single    sends each message as a set of its own; made when needed
 *   retiring  takes no more messages, and is closed when its last report has come
 *
 * The client for sets fails for good when a broker refuses a set (properties.ts). Otherwise it would send what was behind the
 * set before the good messages in it. Another client replaces it at once. Partitions that had a refusal lately use the client
 * for single messages, so that the next refusal concerns one message.
 */

import type { Channel } from './channel.ts';

/** Idle time in ms after which the client for single messages is closed. */
const UNUSED_MS = 30_000;
const CLOSE_MS = 500;

/**
 * Properties of the client that sends each message as a set of its own. There is no set to search, so a refusal does not stop
 * it. The broker refuses messages in flight behind a refused one for their sequence numbers, and librdkafka retries those at
 * once.
 */
export const SINGLE = {
  'batch.num.messages': '1',
  'linger.ms': '0',
  'enable.gapless.guarantee': 'false',
  'retry.backoff.ms': '1',
};

export type Role = 'sets' | 'single';

export class Channels<C extends Channel = Channel> {
  /** @throws where no client can be made for the moment */
  readonly #create: (role: Role) => C;
  readonly #now: () => number;
  readonly #retiring = new Set<C>();
  #sets: C | undefined;
  #single: C | undefined;
  #singleUsedAt = 0;
  #closing: Promise<unknown> = Promise.resolve();

  /** `first` is the client that connected. */
  constructor(first: C, create: (role: Role) => C, now: () => number = () => performance.now()) {
    this.#create = create;
    this.#now = now;
    this.#sets = first;
  }

  get all(): C[] {
    return [this.#sets, this.#single, ...this.#retiring].flatMap((channel) => channel ?? []);
  }

  get active(): C[] {
    return [this.#sets, this.#single].flatMap((channel) => channel ?? []);
  }

  /** @throws where the client does not exist and cannot be made for the moment */
  for(role: Role): C {
    if (role === 'sets') {
      this.#sets ??= this.#create('sets');
      return this.#sets;
    }
    this.#singleUsedAt = this.#now();
    this.#single ??= this.#create('single');
    return this.#single;
  }

  /** Replaces the client. It keeps waiting for the reports of what it has in flight. */
  retire(channel: C): void {
    if (this.#sets === channel) this.#sets = undefined;
    else if (this.#single === channel) this.#single = undefined;
    else return;
    this.#retiring.add(channel);
  }

  tidy(): void {
    // A message that the client queues after it has failed would stay in it.
    for (const channel of this.#retiring)
      if (channel.inFlight > 0) channel.purge('queued');
      else this.#end(channel);
    const unused = this.#single?.inFlight === 0 && this.#now() - this.#singleUsedAt > UNUSED_MS;
    if (unused) this.retire(this.#single as C);
  }

  get isRetiring(): boolean {
    return this.#retiring.size > 0;
  }

  #end(channel: C): void {
    this.#retiring.delete(channel);
    this.#closing = Promise.all([this.#closing, channel.close(CLOSE_MS)]);
  }

  async close(deadlineMs: number): Promise<void> {
    const all = this.all;
    this.#sets = undefined;
    this.#single = undefined;
    this.#retiring.clear();
    await Promise.all([this.#closing, ...all.map((channel) => channel.close(deadlineMs))]);
  }
}
