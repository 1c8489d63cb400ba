/**
 * Published messages of one channel that are not confirmed yet, in order. RabbitMQ confirms in any order. A message counts as
 * delivered only after all messages before it have settled. After a refusal all later messages are therefore retried in order.
 *
 *    flights   taken  taken  none  taken  refused     -> the first two are delivered; the rest waits for the third
 */

import { condemns } from '../../../shared/classify-error.ts';
import { PermanentSendError } from '../../../shared/errors.ts';
import { type Address, isSame } from '../addressing.ts';
import type { Confirmation, Word } from '../channel.ts';
import { endError, nackError, refuses } from '../replies.ts';
import type { Outgoing } from './outgoing.ts';

/** A message that has just been published. */
export interface Published {
  readonly outgoing: Outgoing;
  readonly index: number;
  readonly id: string;
  readonly address: Address;
}

interface Flight extends Published {
  word: Word | 'none';
  /** Why RabbitMQ returned the message; `asked` while the reason is not known yet. */
  returned: Error | 'asked' | undefined;
}

/** Returns the error of a message that RabbitMQ has answered, or undefined when it was delivered. */
const failureOf = ({ word, returned }: Flight): Error | undefined =>
  word === 'refused' ? nackError() : (returned as Error | undefined);

const isHeard = ({ word, returned }: Flight): boolean => word !== 'none' && returned !== 'asked';

export class Confirms {
  readonly #flights: Flight[] = [];
  /** Delivery tag of the oldest message. */
  #firstTag = 1;

  get size(): number {
    return this.#flights.length;
  }

  /** Adds the message that has been published. Delivery tags count from 1 on each channel. */
  published(message: Published): void {
    message.outgoing.published();
    this.#flights.push({ ...message, word: 'none', returned: undefined });
  }

  /** Records RabbitMQ's answer. Returns `again` if it was known, and `unknown` for a message that was never published. */
  confirmed({ word, tag, multiple }: Confirmation): 'new' | 'again' | 'unknown' {
    const end = tag - this.#firstTag + 1;
    if (tag < 1 || end > this.#flights.length) return 'unknown';
    if (end < 1) return 'again';
    const answered = this.#flights.slice(multiple ? 0 : end - 1, end).filter((flight) => flight.word === 'none');
    for (const flight of answered) flight.word = word;
    return answered.length > 0 ? 'new' : 'again';
  }

  /** Records that RabbitMQ returned a message, which it confirms next all the same. Returns false for an unknown message. */
  returned(id: unknown, why: Error | 'asked'): boolean {
    const flight = this.#flights.find((one) => one.id === id && one.word === 'none' && one.returned === undefined);
    if (flight === undefined) return false;
    flight.returned = why;
    return true;
  }

  /** Records why a message was returned, once that is known. */
  answered(id: unknown, why: Error): void {
    const flight = this.#flights.find((one) => one.id === id && one.returned === 'asked');
    if (flight !== undefined) flight.returned = why;
  }

  /** Settles messages from the oldest on, as far as they have answers. `refused`: the next one must be retried. */
  settle(): 'refused' | 'all heard' {
    for (let flight = this.#flights[0]; flight !== undefined && isHeard(flight); flight = this.#flights[0]) {
      const error = failureOf(flight);
      if (error !== undefined && condemns(error) === undefined) {
        flight.outgoing.batch.failed(flight.index, error);
        return 'refused';
      }
      this.#take(flight, error);
    }
    return 'all heard';
  }

  #take({ outgoing, index }: Flight, error: Error | undefined): void {
    this.#flights.shift();
    this.#firstTag++;
    if (error === undefined) outgoing.batch.delivered(index);
    else outgoing.batch.failed(index, error);
    outgoing.settled();
  }

  /**
   * Fails messages because their channel or connection ended. A permanent error fails the messages that it names. If it names
   * none, it fails all that RabbitMQ has not taken. A truncated text may fit several addresses. If one of
   * them is a message's own, one of those messages is at fault, else the configuration is. A transient error is counted for the oldest
   * message only.
   */
  failed(what: 'channel' | 'connection', thrown: unknown, configured: readonly Address[]): void {
    // RabbitMQ did not refuse a message that it has taken, even if that message waits to settle behind an earlier one.
    const suspects = this.#flights.filter(({ word }) => word !== 'taken');
    const named = suspects.filter(({ address }) => refuses(thrown, address));
    const isOwn = named.some(({ address }) => !configured.some((one) => isSame(one, address)));
    const error = endError(what, thrown, isOwn ? [] : configured);
    const isOne = named.every(({ address }) => isSame(address, (named[0] as Flight).address));
    if (condemns(error) === undefined) this.#fail(this.#flights.slice(0, 1), error);
    else if (named.length === 0) this.#fail(suspects, error);
    else this.#fail(named, isOne ? new PermanentSendError(error.message) : error);
  }

  #fail(flights: readonly Flight[], error: Error): void {
    for (const { outgoing, index } of flights) outgoing.batch.failed(index, error);
  }

  /** Returns the remaining messages to the delivery loop, which retries them. */
  giveBack(): void {
    const flights = this.#flights.splice(0);
    this.#firstTag += flights.length;
    for (const { outgoing } of flights) outgoing.settled();
  }
}
