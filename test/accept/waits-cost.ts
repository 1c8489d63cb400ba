/** What it costs that many callers wait: it grows as they do. By CPU time, of which a collector of garbage has its share. */

import { CALLER_LISTS, type CallerList } from '../support/caller-lists.ts';
import { below, type Check } from './row.ts';

const FEW = 1000;
const TIMES = 30;
/** Thirty times the callers take 30 times as long, and some 170 times with a garbage collector that has more to do. A searched list: 400. */
const LIMIT = 300;
const TRIES = 2;

type End = (list: CallerList, controller: AbortController) => void;

const ENDS: Readonly<Record<string, End>> = {
  'their signal': (_list, controller) => controller.abort(),
  'what they wait for': (list) => list.release(),
};

export const waitsCost: Check = async () => {
  const rows = [];
  for (const [name, build] of Object.entries(CALLER_LISTS))
    for (const [how, end] of Object.entries(ENDS)) {
      const value = await growth(build, end);
      rows.push(
        below(`${TIMES} times the callers for ${name}, ended by ${how}: cost`, LIMIT, { value, unit: ' times' }),
      );
    }
  return rows;
};

async function growth(build: () => CallerList, end: End): Promise<number> {
  await costOf(FEW, build, end); // compiled
  const few = await leastOf(() => costOf(FEW, build, end));
  return (await leastOf(() => costOf(TIMES * FEW, build, end))) / few;
}

async function leastOf(measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let tries = 0; tries < TRIES; tries++) least = Math.min(least, await measure());
  return least;
}

/** In µs of CPU, because other processes may have the cores. */
async function costOf(callers: number, build: () => CallerList, end: End): Promise<number> {
  const controller = new AbortController();
  const list = build();
  const begin = process.cpuUsage();
  const waiting = Array.from({ length: callers }, (_, index) =>
    list.wait({ timeout: 60_000, signal: controller.signal }, index).catch(() => {}),
  );
  end(list, controller);
  await Promise.all(waiting);
  const { user, system } = process.cpuUsage(begin);
  return user + system;
}
