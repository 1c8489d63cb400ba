/** One target of a route, followed in order by its fallbacks. */

import type { z } from 'zod';
import type { BaseProducer, ProduceOptions } from '../caller/base-producer.ts';
import type { CapacityCheck, Refusal } from '../caller/intake/capacity-check.ts';
import { asError } from '../shared/errors.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { CAPACITY_CHECK } from '../shared/route-hooks.ts';
import type { FallbackUse } from './fallback-use.ts';
import { publishOutcome } from './outcomes.ts';
import type { SizedMessage } from './sized-message.ts';
import { written } from './written-value.ts';

export type Producer = BaseProducer<z.ZodObject>;

/** Reports that no producer of a `TargetWithFallbacks` accepts the message now. */
export interface Blocked {
  readonly error: Error;
  /** Capacity checks of the producers that are full. Empty where the caller is not to wait for capacity. */
  readonly checks: readonly CapacityCheck[];
}

/** Names the producer of a `TargetWithFallbacks` that a message is for. */
export interface Pick {
  readonly target: TargetWithFallbacks;
  readonly index: number;
  /** Why the target itself does not accept the message; undefined where it does. */
  readonly refused?: Error | undefined;
}

export const isBlocked = (chosen: Pick | Blocked): chosen is Blocked => 'error' in chosen;

export class TargetWithFallbacks {
  readonly stops: readonly Producer[];

  readonly #use: FallbackUse;

  constructor(stops: readonly Producer[], use: FallbackUse) {
    this.stops = stops;
    this.#use = use;
  }

  /** Passes the message to the first producer that accepts it. @throws the last producer's error */
  produce(message: MessageInput, options: ProduceOptions): boolean {
    const last = this.stops.length - 1;
    const given = last > 0 ? written(message) : message;
    let refused: unknown;
    for (let index = 0; ; index++) {
      try {
        const hasRoom = (this.stops[index] as Producer).produce(given, options);
        if (index > 0) this.#passed(index, refused);
        return hasRoom;
      } catch (error) {
        if (index === last) throw error;
        refused ??= error; // the next producer may accept it, and rejects it as well if the message itself is invalid
      }
    }
  }

  /** Returns the first producer that would accept the message now, even if other callers wait for its capacity. */
  pick({ bytes }: SizedMessage): Pick | Blocked {
    return this.#first((check) => check.refusal(bytes));
  }

  /**
   * Returns the first producer that would accept the message behind the callers who already wait for its capacity. A caller who
   * has just waited at a check (`granted`) does not wait there again, or a stream of new callers would always overtake it.
   */
  pickInTurn({ bytes }: SizedMessage, granted: CapacityCheck | undefined): Pick | Blocked {
    return this.#first((check) => (check === granted ? check.refusal(bytes) : check.refusalInTurn(bytes)));
  }

  /** Returns the first producer that accepts. If none does, the policy of the last one decides whether the caller waits. */
  #first(ask: (check: CapacityCheck) => Refusal | undefined): Pick | Blocked {
    const checks: CapacityCheck[] = [];
    let last: Refusal | undefined;
    let refused: Error | undefined;
    for (const [index, producer] of this.stops.entries()) {
      const check = producer[CAPACITY_CHECK];
      const refusal = ask(check);
      if (refusal === undefined) return { target: this, index, refused };
      refused ??= refusal.error;
      if (refusal.capacity !== 'never') checks.push(check);
      last = refusal;
    }
    const { error, capacity } = last as Refusal;
    return { error, checks: capacity === 'awaited' ? checks : [] };
  }

  /** A message is passed to the producer that was picked. */
  picked({ index, refused }: Pick): void {
    if (index > 0) this.#passed(index, refused);
  }

  /** Passes the message to the producer at `index`. If that one returns it without having kept it, the next producer gets it. */
  async handOver<T>(index: number, hand: (producer: Producer) => Promise<T>): Promise<T> {
    try {
      return await hand(this.stops[index] as Producer);
    } catch (error) {
      if (index + 1 >= this.stops.length || !wasGivenBack(error)) throw error;
      if (index === 0) this.#passed(1, error); // at a later index it was counted when the fallback was picked
      return this.handOver(index + 1, hand);
    }
  }

  #passed(index: number, error: unknown): void {
    const [producer, fallback] = [this.stops[0] as Producer, this.stops[index] as Producer];
    this.#use.passed({ producer, fallback, error });
  }
}

/** Returns whether a failed disk write returned the message. A caller who stopped waiting does not want it delivered. */
function wasGivenBack(thrown: unknown): boolean {
  const error = asError(thrown);
  const { code } = Object(error.cause) as { code?: unknown };
  return publishOutcome(error) === 'withdrawn' && String(code).startsWith('ERR_OUTSPOOL_SPOOL');
}
