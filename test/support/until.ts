import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when it holds. @throws Error when it does not within `timeoutMs` */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${holds}`);
    await sleep(2);
  }
}
