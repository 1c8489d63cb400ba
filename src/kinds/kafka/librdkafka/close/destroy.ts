/** Ends a client without waiting for it. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Pointer } from '../native/functions.ts';
import type { Native } from '../native/native.ts';

/** Pause in ms before the system is asked again for a thread that it did not have. */
export const RETRY_MS = 100;

/**
 * Runs `rd_kafka_destroy` on a native thread of its own. It joins the client's threads, one of which may wait in the resolver
 * for many seconds. Neither JavaScript nor the end of the process waits for that thread.
 * @returns false, with the client still alive, when the system has no thread for it
 */
export function destroyDetached({ libc, destroyAddress }: Native, client: Pointer): boolean {
  const id = new BigUint64Array(new ArrayBuffer(8));
  if (libc.pthreadCreate(id, null, destroyAddress, client) !== 0) return false;
  libc.pthreadDetach(id[0] as bigint);
  return true;
}

/** Ends a client that no ledger names, now or as soon as the system has a thread for it. */
export function destroySoon(native: Native, client: Pointer): void {
  if (!destroyDetached(native, client)) setTimeout(() => destroySoon(native, client), RETRY_MS).unref();
}

const STEP_MS = 5;

/** Waits until the number of librdkafka's threads in this process is down to `target`, `budgetMs` at most. */
export async function threadsGone({ rdkafka }: Native, target: number, budgetMs: number): Promise<void> {
  const end = performance.now() + budgetMs;
  while (rdkafka.threadCount() > target && performance.now() < end) await sleep(STEP_MS);
}
