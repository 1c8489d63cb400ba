/**
 * The clients of one producer. One sends sets of messages and gives up when a set is refused (properties.ts), since it
 * would send what was behind the set before what is good in it. Another one takes its place at once; the first one ends
 * when it knows what became of all that it has in flight. A third one, where it is needed, sends each message as a set of its own:
 * for partitions in which something was refused lately, so that a refusal is of one message.
 */

import type { Channel } from './channel.ts';

/** A client for single messages that has had nothing to do for so long is ended. */
const UNUSED_MS = 30_000;
const CLOSE_MS = 500;

/**
 * Of a client that sends each message as a set of its own: there is nothing to search, and nothing stops it. What was in
 * flight behind a refused message is refused for its sequence number, and is sent again at once.
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

  /** Those that take messages. */
  get active(): C[] {
    return [this.#sets, this.#single].flatMap((channel) => channel ?? []);
  }

  /** @throws where it is not there and cannot be made for the moment */
  for(role: Role): C {
    if (role === 'sets') {
      this.#sets ??= this.#create('sets');
      return this.#sets;
    }
    this.#singleUsedAt = this.#now();
    this.#single ??= this.#create('single');
    return this.#single;
  }

  /** Lets it find out what became of what it has in flight; another one takes its place. */
  retire(channel: C): void {
    if (this.#sets === channel) this.#sets = undefined;
    else if (this.#single === channel) this.#single = undefined;
    else return;
    this.#retiring.add(channel);
  }

  /** Ends those that are of no use any more. */
  tidy(): void {
    // What it takes up again after it has given up would stay with it.
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

  /** Ends all of them. */
  async close(deadlineMs: number): Promise<void> {
    const all = this.all;
    this.#sets = undefined;
    this.#single = undefined;
    this.#retiring.clear();
    await Promise.all([this.#closing, ...all.map((channel) => channel.close(deadlineMs))]);
  }
}
