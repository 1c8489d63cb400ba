/**
 * Tells a producer's class whether it is being built for its hooks in the worker or for the caller. The state hangs on `globalThis`
 * under a registered symbol, because the worker's entry and the user's module may have loaded two copies of this module.
 */

import type { TellThrottled } from './back-pressure.ts';
import type { TellStatistics } from './client-statistics.ts';
import { OutspoolError } from './errors.ts';
import type { Logger } from './log/logger.ts';

/** What the hooks get from the thread that they run on: a log, the kind's shared memory, and ways to report on the brokers. */
export interface HookContext {
  readonly log: Logger;
  readonly ledger: SharedArrayBuffer;
  /** Takes what `stats()` reports of a broker that asks to be sent nothing; undefined when none asks any more. */
  readonly tellThrottled: TellThrottled;
  /** Takes what `stats()` reports of the client. */
  readonly tellStatistics: TellStatistics;
}

interface WorkerSide {
  inWorker: boolean;
  building: HookContext | undefined;
}

const KEY = Symbol.for('outspool.worker-side');
const holder = globalThis as { [KEY]?: WorkerSide };

function side(): WorkerSide {
  holder[KEY] ??= { inWorker: false, building: undefined };
  return holder[KEY];
}

/** Marks this thread as a producer's worker, for good. */
export function enterWorker(): void {
  side().inWorker = true;
}

/** Builds an instance for its hooks: `_connect`, `_send`, `_close`. */
export function buildHooks<T>(context: HookContext, build: () => T): T {
  side().building = context;
  try {
    return build();
  } finally {
    side().building = undefined;
  }
}

/**
 * Returns the context when the instance is built for its hooks, and undefined when it is the caller's. The constructor calls it.
 * @throws OutspoolError when a caller's instance is made inside a worker
 */
export function hookContext(className: string): HookContext | undefined {
  const { building, inWorker } = side();
  if (building === undefined && inWorker) throw new OutspoolError(sideEffect(`new ${className}()`));
  return building;
}

/** The error text for a call of the caller's API that happens inside the worker. */
export function sideEffect(call: string): string {
  return `${call} was called inside the worker thread: the module of a producer's class must be free of side effects, because the worker imports it`;
}
