/** One target of a route, and behind it, in order, those that stand in for it. */

import type { z } from 'zod';
import type { BaseProducer, ProduceOptions } from '../caller/base-producer.ts';
import type { Gate, Refusal } from '../caller/intake/route-gate.ts';
import { asError } from '../shared/errors.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { GATE } from '../shared/route-hooks.ts';
import { publishOutcome } from './outcomes.ts';
import type { Parcel } from './sized-message.ts';

export type Producer = BaseProducer<z.ZodObject>;

/** No producer of a lane takes the message now. */
export interface Blocked {
  readonly error: Error;
  /** Of the producers that are full; empty where the caller is not to wait for capacity. */
  readonly gates: readonly Gate[];
}

/** How far down the lane a message got. */
export interface Pick {
  readonly lane: Lane;
  readonly index: number;
}

export const isBlocked = (chosen: Pick | Blocked): chosen is Blocked => 'error' in chosen;

export class Lane {
  readonly stops: readonly Producer[];

  constructor(stops: readonly Producer[]) {
    this.stops = stops;
  }

  /** Hands the message to the first that accepts it. @throws what the last one does */
  produce(message: MessageInput, options: ProduceOptions): boolean {
    const last = this.stops.length - 1;
    for (let index = 0; index < last; index++) {
      try {
        return (this.stops[index] as Producer).produce(message, options);
      } catch {} // the next one may take it, and says what is wrong if it is the message
    }
    return (this.stops[last] as Producer).produce(message, options);
  }

  /** The first that would accept the message at this moment, whoever waits at it. */
  pick({ bytes }: Parcel): Pick | Blocked {
    return this.#first((gate) => gate.refusal(bytes));
  }

  /**
   * The same, but behind those who wait for room already. Who has just waited at a gate (`granted`) need not do so again,
   * or callers who keep coming would always be before him.
   */
  pickInTurn({ bytes }: Parcel, granted: Gate | undefined): Pick | Blocked {
    return this.#first((gate) => (gate === granted ? gate.refusal(bytes) : gate.refusalInTurn(bytes)));
  }

  /** The policy of the last producer decides whether the caller waits. If so, it waits at all that are full. */
  #first(ask: (gate: Gate) => Refusal | undefined): Pick | Blocked {
    const gates: Gate[] = [];
    let last: Refusal | undefined;
    for (const [index, producer] of this.stops.entries()) {
      const gate = producer[GATE];
      const refusal = ask(gate);
      if (refusal === undefined) return { lane: this, index };
      if (refusal.capacity !== 'never') gates.push(gate);
      last = refusal;
    }
    const { error, capacity } = last as Refusal;
    return { error, gates: capacity === 'awaited' ? gates : [] };
  }

  /** Hands the message to the stop at `index`, and to the next one where that gives it back without having kept it. */
  async handOver<T>(index: number, hand: (producer: Producer) => Promise<T>): Promise<T> {
    try {
      return await hand(this.stops[index] as Producer);
    } catch (error) {
      if (index + 1 >= this.stops.length || !wasGivenBack(error)) throw error;
      return this.handOver(index + 1, hand);
    }
  }
}

/** A disk that refused a message has not kept it. A caller who gave up waiting does not want it anywhere else. */
function wasGivenBack(thrown: unknown): boolean {
  const error = asError(thrown);
  const { code } = Object(error.cause) as { code?: unknown };
  return publishOutcome(error) === 'withdrawn' && String(code).startsWith('ERR_OUTSPOOL_SPOOL');
}
