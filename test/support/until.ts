import { setTimeout as sleep } from 'node:timers/promises';

/** Maximum time in ms that a test waits for a state. Only a hang lasts as long: a busy machine is slow, which is no fault. */
export const HANG_MS = 60_000;
/** Options of a call whose outcome counts, however long it takes: the default of 10 s may be too short on a busy machine. */
export const PATIENT = { timeout: HANG_MS };

/** Resolves when it holds. @throws Error when it does not within `timeoutMs` */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = HANG_MS): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${holds}`);
    await sleep(2);
  }
}
