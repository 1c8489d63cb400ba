/** Ending a client without waiting for it. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Pointer } from './functions.ts';
import type { Native } from './native.ts';

/**
 * `rd_kafka_destroy` joins the client's threads, one of which may sit in the resolver for many seconds. So it runs on
 * a native thread of its own, which nobody waits for: neither JavaScript nor the end of the process.
 */
export function destroyDetached({ libc, destroyAddress }: Native, client: Pointer): boolean {
  const id = new BigUint64Array(new ArrayBuffer(8));
  if (libc.pthreadCreate(id, null, destroyAddress, client) !== 0) return false;
  libc.pthreadDetach(id[0] as bigint);
  return true;
}

const STEP_MS = 5;

/** Waits until the number of librdkafka's threads in this process is down to `target`, `budgetMs` at most. */
export async function threadsGone({ rdkafka }: Native, target: number, budgetMs: number): Promise<void> {
  const end = performance.now() + budgetMs;
  while (rdkafka.threadCount() > target && performance.now() < end) await sleep(STEP_MS);
}
