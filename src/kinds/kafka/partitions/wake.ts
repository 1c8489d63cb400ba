/**
 * Makes librdkafka ask for its producer id early. It asks when it starts. If no broker is connected by then, its next try comes
 * 500 ms later. It also asks when a broker has answered a metadata request. So metadata is requested repeatedly until the
 * client is ready.
 */

import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses in ms before each question. */
const PAUSES_MS = [5, 10, 20, 40, 80, 160] as const;

export async function wake(ask: () => Promise<unknown>, isAwake: () => boolean): Promise<void> {
  for (const ms of PAUSES_MS) {
    await sleep(ms);
    if (isAwake()) return;
    await ask().catch(() => {}); // the client logs why there is no answer
  }
}
