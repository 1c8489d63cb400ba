/** What the processes under test share: they work until their input ends, shut down, and print what that has cost. */

import { once } from 'node:events';
import type { Account } from '../wire.ts';

const SAMPLE_MS = 20;
const MIB = 2 ** 20;
/** What a process gives its shutdown; how long it takes in fact is in its account. */
export const SHUTDOWN_MS = 2000;

let most = 0;
setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, SAMPLE_MS).unref();

export const settings = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

/** Tells the other side that it may begin; `port` where this process listens. */
export const ready = (port = 0): void => console.log(port);

/** Resolves when the other side has sent enough. */
export async function untilTold(): Promise<void> {
  await once(process.stdin.resume(), 'end');
}

export function report(account: Omit<Account, 'rssMiB'>): void {
  console.log(JSON.stringify({ ...account, rssMiB: Math.round(most / MIB) }));
}
