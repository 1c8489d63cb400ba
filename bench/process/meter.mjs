/** What one run costs this process, from the first message until the last one is confirmed. */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Nanoseconds of CPU that the main thread has had (Linux; Node 20 has no call for it). */
const mainThreadNs = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);

export function startMeter() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const main = mainThreadNs();
  const cpu = process.cpuUsage();
  const utilization = performance.eventLoopUtilization();
  const begin = performance.now();
  delay.enable();
  return {
    stop(count) {
      const seconds = (performance.now() - begin) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      delay.disable();
      return {
        perSecond: Math.round(count / seconds),
        delayP50Ms: delay.percentile(50) / 1e6,
        delayP99Ms: delay.percentile(99) / 1e6,
        delayMaxMs: delay.max / 1e6,
        cpuMicros: (user + system) / count,
        mainCpuMicros: (mainThreadNs() - main) / 1000 / count,
        loopUtilization: performance.eventLoopUtilization(utilization).utilization,
      };
    },
  };
}

/** One chunk of messages, then a turn of the event loop: the pattern in which both sides produce. */
export const CHUNK = 1000;

export const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Where the chunk that begins with message `next` ends, and a turn. With a rate (messages/s) there is only what is due by now,
 * and a turn takes a millisecond.
 */
export function pace(rate, count) {
  if (rate === 0) return { chunkEnd: (next) => Math.min(next + CHUNK, count), turn };
  const begin = performance.now();
  const due = () => Math.floor(((performance.now() - begin) * rate) / 1000);
  return { chunkEnd: (next) => Math.min(next + CHUNK, due(), count), turn: () => sleep(1) };
}

/** The parent's settings of this run. */
export const settings = () => JSON.parse(process.argv[2]);

export const say = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);
