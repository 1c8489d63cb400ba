/** Checks whether this process may open as many descriptors as a configuration needs. */

import { readdirSync, readFileSync } from 'node:fs';
import type { LoadedProducer, LoadedSource } from '../../config/load.ts';
import { say } from '../output.ts';
import { descriptorsFor } from './descriptor-need.ts';

/** Returns the soft limit, which Node raises to the hard one at its start; undefined where it is unlimited or not there. */
export function parseLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+)\s/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/** Returns a warning of one line with advice, or undefined where the limit is high enough. */
export function tooFew(limit: number, needed: number): string | undefined {
  if (needed <= limit) return undefined;
  const enough = 2 ** Math.ceil(Math.log2(needed));
  return `warn  this process may open ${limit} descriptors (ulimit -n), and this configuration needs some ${needed}: raise the limit to ${enough} (ulimit -n ${enough}, systemd: LimitNOFILE=${enough}, Docker: --ulimit nofile=${enough})`;
}

/** Warns before anything is opened, on systems that report the limit. */
export function sayIfTooFew(producers: readonly LoadedProducer[], sources: readonly LoadedSource[] = []): void {
  const found = fromSystem();
  const warning = found && tooFew(found.limit, found.open + descriptorsFor(producers, sources));
  if (warning !== undefined) say(warning);
}

function fromSystem(): { limit: number; open: number } | undefined {
  try {
    const limit = parseLimit(readFileSync('/proc/self/limits', 'utf8'));
    return limit === undefined ? undefined : { limit, open: readdirSync('/proc/self/fd').length };
  } catch {
    return undefined; // not Linux, or no descriptor left for reading; the next open reports that
  }
}
