/**
 * What has been published on one channel and is not confirmed yet, in order. RabbitMQ confirms in any order; a message
 * counts as delivered only when all before it have settled, so that after a refusal all behind it goes again, in order.
 */

import { condemns } from '../../../shared/classify-error.ts';
import { PermanentSendError } from '../../../shared/errors.ts';
import { type Address, isSame } from '../addressing.ts';
import { endError, type IsConfigured, nackError, refusedAddress } from '../replies.ts';
import type { Outgoing } from './outgoing.ts';

/** What RabbitMQ has said of a message. */
export type Word = 'taken' | 'refused';

/** A message that is published next. */
export interface Published {
  readonly outgoing: Outgoing;
  readonly index: number;
  readonly id: string;
  readonly address: Address;
}

interface Flight extends Published {
  word: Word | 'none';
  /** Why it came back; `asked` while RabbitMQ is asked for the reason. */
  returned: Error | 'asked' | undefined;
}

/** What it failed with although RabbitMQ has heard of it; undefined when it was delivered. */
const failureOf = ({ word, returned }: Flight): Error | undefined =>
  word === 'refused' ? nackError() : (returned as Error | undefined);

const isHeard = ({ word, returned }: Flight): boolean => word !== 'none' && returned !== 'asked';

export class Confirms {
  readonly #flights: Flight[] = [];
  /** The delivery tag of the oldest flight. */
  #firstTag = 1;

  get size(): number {
    return this.#flights.length;
  }

  /** The next message has been published; tags count from 1 on each channel. */
  published(message: Published): void {
    message.outgoing.published();
    this.#flights.push({ ...message, word: 'none', returned: undefined });
  }

  /** RabbitMQ has taken, or refused, the message with this tag; `multiple`: and all before it. */
  confirmed(word: Word, tag: number, multiple: boolean): void {
    const last = tag - this.#firstTag;
    for (let at = multiple ? 0 : last; at <= last; at++) {
      const flight = this.#flights[at];
      if (flight?.word === 'none') flight.word = word;
    }
  }

  /** A message came back: it is confirmed next, and has failed all the same. Returns false when it is none of these. */
  returned(id: unknown, why: Error | 'asked'): boolean {
    const flight = this.#flights.find((one) => one.id === id && one.word === 'none' && one.returned === undefined);
    if (flight === undefined) return false;
    flight.returned = why;
    return true;
  }

  /** It is known now why a message came back. */
  answered(id: unknown, why: Error): void {
    const flight = this.#flights.find((one) => one.id === id && one.returned === 'asked');
    if (flight !== undefined) flight.returned = why;
  }

  /** Settles from the oldest on as far as there is word. Returns whether it came to one that has to be tried again. */
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

  /** The error befell all of them: it names those at fault, or each may be at fault, or only the oldest is charged. */
  failed(what: 'channel' | 'connection', thrown: unknown, isConfigured: IsConfigured): void {
    const error = endError(what, thrown, isConfigured);
    // What it has taken it did not refuse, also while that waits to settle behind an earlier one.
    const suspects = this.#flights.filter(({ word }) => word !== 'taken');
    const refused = refusedAddress(thrown);
    const named = suspects.filter(({ address }) => refused !== undefined && isSame(address, refused));
    if (condemns(error) === undefined) this.#fail(this.#flights.slice(0, 1), error);
    else if (named.length === 0) this.#fail(suspects, error);
    else this.#fail(named, new PermanentSendError(error.message));
  }

  #fail(flights: readonly Flight[], error: Error): void {
    for (const { outgoing, index } of flights) outgoing.batch.failed(index, error);
  }

  /** Whatever is left goes again. */
  giveBack(): void {
    const flights = this.#flights.splice(0);
    this.#firstTag += flights.length;
    for (const { outgoing } of flights) outgoing.settled();
  }
}
