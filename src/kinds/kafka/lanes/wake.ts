/**
 * librdkafka asks for a producer id when it begins and, where no broker is connected by then, not before 500 ms later. It also
 * does when a broker has answered a question for metadata, so one is asked until something is sent.
 */

import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses before the questions. */
const PAUSES_MS = [5, 10, 20, 40, 80, 160] as const;

export async function wake(ask: () => Promise<unknown>, isAwake: () => boolean): Promise<void> {
  for (const ms of PAUSES_MS) {
    await sleep(ms);
    if (isAwake()) return;
    await ask().catch(() => {}); // why there is no answer, the client says in its log
  }
}
