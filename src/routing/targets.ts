/** The targets of one route: either all of them accept a message, or none does. */

import type { ProduceOptions } from '../caller/base-producer.ts';
import type { CapacityCheck } from '../caller/intake/capacity-check.ts';
import type { DeliveryReport } from '../caller/settlement/report.ts';
import { type CallerWaitOptions, inExactly } from '../caller/wait-options.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { ROUTED, type Way } from '../shared/route-hooks.ts';
import { DEFAULT_TIMEOUT_MS, type WaitOptions } from '../shared/util/wait.ts';
import { FifoTurns } from './fifo-turns.ts';
import { type Handed, outcomeOf, routeError, type Takers } from './outcomes.ts';
import { type SizedMessage, sizedMessage } from './sized-message.ts';
import {
  type Blocked,
  isBlocked,
  type Pick,
  type Producer,
  type TargetWithFallbacks,
} from './target-with-fallbacks.ts';

const optionsOf = (way: Way) => ({
  message: { isError: false, [ROUTED]: way },
  error: { isError: true, [ROUTED]: way },
});

/** Constant options, so that a message for one producer allocates none. */
const OPTIONS = { alone: optionsOf('alone'), admitted: optionsOf('admitted') };

const routed = (way: Way, isError: boolean): ProduceOptions => OPTIONS[way][isError ? 'error' : 'message'];

/** Passes a message to a producer that is known to accept it. */
type Hand<T> = (producer: Producer, sized: SizedMessage, wait: CallerWaitOptions) => Promise<T>;

const ENQUEUE: Hand<void> = (producer, { message, isError }, wait) =>
  producer.enqueue(message, { ...wait, ...routed('admitted', isError) });

const SEND: Hand<DeliveryReport> = (producer, { message, isError }, wait) =>
  producer.send(message, { ...wait, ...routed('admitted', isError) });

export class Targets {
  readonly #route: string;
  readonly #targets: readonly TargetWithFallbacks[];
  /** The only producer of the route, if there is one target without fallbacks. */
  readonly #only: Producer | undefined;
  readonly #takers: Takers;
  readonly #turns = new FifoTurns();

  constructor(route: string, targets: readonly TargetWithFallbacks[], takers: Takers) {
    const stops = targets.flatMap((target) => target.stops);
    this.#route = route;
    this.#targets = targets;
    this.#takers = takers;
    this.#only = stops.length === 1 ? stops[0] : undefined;
  }

  /** @throws the refusal of a target; then no target has accepted the message */
  produce(message: MessageInput, isError: boolean): boolean {
    const [first, ...others] = this.#targets;
    if (first !== undefined && others.length === 0) return first.produce(message, routed('alone', isError));
    const sized = sizedMessage(message, isError);
    const picks = this.#all((target) => target.pick(sized));
    if (!Array.isArray(picks)) throw picks.error;
    const produced = picks.map((pick) => {
      const producer = pick.target.stops[pick.index] as Producer;
      pick.target.picked(pick);
      return { producer, ...outcomeOf(() => producer.produce(sized.message, routed('admitted', isError))) };
    });
    return this.#settled(produced).every((hasRoom) => hasRoom);
  }

  async enqueue(message: MessageInput, isError: boolean, wait: WaitOptions): Promise<void> {
    if (this.#only !== undefined)
      return this.#only.enqueue(message, { ...inExactly(wait), ...routed('alone', isError) });
    await this.#handAll(sizedMessage(message, isError), ENQUEUE, wait);
  }

  async send(message: MessageInput, isError: boolean, wait: WaitOptions): Promise<DeliveryReport[]> {
    if (this.#only !== undefined)
      return [await this.#only.send(message, { ...inExactly(wait), ...routed('alone', isError) })];
    return this.#handAll(sizedMessage(message, isError), SEND, wait);
  }

  /** Waits until every target can accept the message, passes it to all of them in that same turn, and collects their results. */
  async #handAll<T>(sized: SizedMessage, hand: Hand<T>, options: WaitOptions): Promise<T[]> {
    const end = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT_MS);
    const left = () => ({ ...options, timeout: end - performance.now() });
    const attempt = (granted: CapacityCheck | undefined) => {
      const picks = this.#all((target) => target.pickInTurn(sized, granted));
      if (!Array.isArray(picks)) return picks;
      return { got: picks.map((pick) => handOver(pick, (producer) => hand(producer, sized, inExactly(left())))) };
    };
    const handed = await this.#turns.pass(sized.bytes, attempt, options);
    return this.#settled(await Promise.all(handed));
  }

  /** Returns a producer for every target, or why a target is blocked. A permanent refusal takes precedence over a full queue. */
  #all(pick: (target: TargetWithFallbacks) => Pick | Blocked): Pick[] | Blocked {
    const picks: Pick[] = [];
    let blocked: Blocked | undefined;
    for (const target of this.#targets) {
      const chosen = pick(target);
      if (!isBlocked(chosen)) picks.push(chosen);
      else if (blocked === undefined || blocked.checks.length > 0) blocked = chosen;
    }
    return blocked ?? picks;
  }

  #settled<T>(handed: readonly Handed<T>[]): T[] {
    const values = handed.flatMap((one) => ('value' in one ? [one.value] : []));
    if (values.length === handed.length) return values;
    throw routeError(this.#route, handed, this.#takers);
  }
}

/** Passes the message to one target. It never rejects, because each target has its own outcome. */
async function handOver<T>(pick: Pick, hand: (producer: Producer) => Promise<T>): Promise<Handed<T>> {
  const { target, index } = pick;
  target.picked(pick);
  let producer = target.stops[index] as Producer;
  try {
    const value = await target.handOver(index, (stop) => {
      producer = stop;
      return hand(stop);
    });
    return { producer, value };
  } catch (error) {
    return { producer, error };
  }
}
