/** What this process holds from the system's point of view (Linux). */

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Resources {
  readonly threads: number;
  readonly fileDescriptors: number;
}

export function resources(): Resources {
  const threads = /^Threads:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return { threads: Number(threads), fileDescriptors: readdirSync('/proc/self/fd').length };
}

/** Waits until the process holds no more than `before`, at most `ms`; returns what it holds then. */
export async function settleTo(before: Resources, ms: number): Promise<Resources> {
  const end = performance.now() + ms;
  for (;;) {
    const now = resources();
    if (now.threads <= before.threads && now.fileDescriptors <= before.fileDescriptors) return now;
    if (performance.now() > end) return now;
    await sleep(20);
  }
}
