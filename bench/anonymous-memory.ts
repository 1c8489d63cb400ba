/** The anonymous memory of another process: what it holds itself, without the files that are mapped into it (Linux). */

import { readFileSync } from 'node:fs';

const EVERY_MS = 20;

export interface MemoryWatch {
  readonly maximumMb: number;
  stop(): void;
}

export function watchMemory(pid: number): MemoryWatch {
  let maximumMb = 0;
  const timer = setInterval(() => {
    maximumMb = Math.max(maximumMb, anonymousMb(pid));
  }, EVERY_MS);
  return {
    get maximumMb() {
      return maximumMb;
    },
    stop: () => clearInterval(timer),
  };
}

/** 0 once the process is gone. */
export function anonymousMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
