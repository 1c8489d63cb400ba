/** What the harness tells a producer's process, and how a message says which one it is. */

/** Where the process is killed; `nth`: at which time that this point is passed. */
export interface KillOrder {
  readonly phase: string;
  readonly variant: string;
  readonly nth: number;
  /** In flight, shutdown: how long after the point, in ms. */
  readonly afterMs: number;
}

export interface Orders {
  readonly round: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** Undefined: deliver everything, shut down and say what became of it. */
  readonly kill: KillOrder | undefined;
  /** Points are counted from so long after the first message on. */
  readonly armMs: number;
  /** Calls of `enqueue()` that wait at the same time. */
  readonly window: number;
  /** Every so many messages one is too large for the broker; 0: none. */
  readonly poisonEvery: number;
  /** Every so many messages one is only produced, and so has no promise; 0: none. */
  readonly produceEvery: number;
  /** The worker's thread ends with this batch, once; 0: never. */
  readonly workerExitAt: number;
  /** Where the worker notes that it has done so. */
  readonly marker: string;
  /** The producer's clock jumps by so much after some messages; 0: never. */
  readonly clockJumpMs: number;
}

export const ordersOf = (env: NodeJS.ProcessEnv): Orders => JSON.parse(env.OUTSPOOL_CHAOS ?? '{}') as Orders;

/** Messages of one round have numbers from `round × PER_ROUND` on. */
export const PER_ROUND = 1_000_000;

/** The broker is told to take no message as large as this. */
export const MAX_MESSAGE_BYTES = 2000;

export interface Value {
  readonly id: number;
  readonly pad: string;
}

/** The content of message `id`, which nobody can take for another one's. */
export const contentOf = (id: number, poison: boolean): Value => ({
  id,
  pad: `${id.toString(36)}.`.repeat(poison ? MAX_MESSAGE_BYTES / 2 : 1 + (id % 60)),
});

/** The number of a message as it arrived; undefined where it is not one of ours. */
export function idOf(text: string): number | undefined {
  try {
    const { id, pad } = JSON.parse(text) as Value;
    return Number.isSafeInteger(id) && pad === contentOf(id, isPoison(pad)).pad ? id : undefined;
  } catch {
    return undefined;
  }
}

export const isPoison = (pad: string): boolean => pad.length >= MAX_MESSAGE_BYTES;

export const keyOf = (id: number): string => `key-${id % 7}`;
