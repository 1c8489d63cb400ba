/**
 * What has been published on one channel and is not confirmed yet, in order. RabbitMQ confirms in any order; a message
 * counts as delivered only when all before it have settled, so that after a refusal all behind it goes again, in order.
 */

import type { Outgoing } from './outgoing.ts';
import { endError, nackError, type Returned, returnError } from './replies.ts';

/** What RabbitMQ has said of a message. */
export type Word = 'taken' | 'refused';

interface Flight {
  readonly outgoing: Outgoing;
  readonly index: number;
  readonly id: string;
  word: Word | 'none';
  returned: Error | undefined;
}

export class Confirms {
  readonly #flights: Flight[] = [];
  /** The delivery tag of the oldest flight. */
  #firstTag = 1;

  get size(): number {
    return this.#flights.length;
  }

  /** The next message has been published; tags count from 1 on each channel. */
  published(outgoing: Outgoing, index: number, id: string): void {
    outgoing.published();
    this.#flights.push({ outgoing, index, id, word: 'none', returned: undefined });
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
  returned(id: unknown, reply: Returned): boolean {
    const flight = this.#flights.find((one) => one.id === id && one.word === 'none' && one.returned === undefined);
    if (flight === undefined) return false;
    flight.returned = returnError(reply);
    return true;
  }

  /** Settles from the oldest on as far as there is word. Returns whether it came to one that was refused. */
  settle(): 'refused' | 'all heard' {
    for (let flight = this.#flights[0]; flight !== undefined && flight.word !== 'none'; flight = this.#flights[0]) {
      if (flight.word === 'refused') {
        flight.outgoing.batch.failed(flight.index, nackError());
        return 'refused';
      }
      this.#take(flight);
    }
    return 'all heard';
  }

  #take({ outgoing, index, returned }: Flight): void {
    this.#flights.shift();
    this.#firstTag++;
    if (returned === undefined) outgoing.batch.delivered(index);
    else outgoing.batch.failed(index, returned);
    outgoing.settled();
  }

  /** The error befell all of them: by it each of them may be the culprit, or only the oldest is charged. */
  failed(what: 'channel' | 'connection', thrown: unknown): void {
    const error = endError(what, thrown);
    const charged = 'condemns' in error ? this.#flights : this.#flights.slice(0, 1);
    for (const { outgoing, index } of charged) outgoing.batch.failed(index, error);
  }

  /** Whatever is left goes again. */
  giveBack(): void {
    const flights = this.#flights.splice(0);
    this.#firstTag += flights.length;
    for (const { outgoing } of flights) outgoing.settled();
  }
}
