/** New names are durable when their directory has been synced after them. */

import { posix } from 'node:path';
import type { SeenCall } from './shim.ts';

const MAKES_NAME = new Set(['create', 'mkdir', 'rename', 'link']);
/** The lock says who has the spool now; the next log counts under its final name. */
const NEED_NOT_LAST = /\/(owner\.lock|settlements\.log\.new)$/;
/** Files of the victim have a path, all else has one word. */
const isOwn = (target: string): boolean => /^(parent|letters)/.test(target);

const targetOf = ({ place }: SeenCall): string => place.slice(place.indexOf(':') + 1);

/** The names that no successful sync of their directory has followed. */
export function unsyncedNames(calls: readonly SeenCall[]): string[] {
  const waiting = new Map<string, Set<string>>();
  for (const seen of calls.filter(({ failed }) => !failed)) {
    const target = targetOf(seen);
    if (seen.call === 'fsync') waiting.delete(target);
    if (!MAKES_NAME.has(seen.call) || !isOwn(target) || NEED_NOT_LAST.test(target)) continue;
    const directory = posix.dirname(target);
    waiting.set(directory, (waiting.get(directory) ?? new Set()).add(target));
  }
  return [...waiting.values()].flatMap((names) => [...names]);
}

/** How many syncs of directories there were. */
export const directorySyncs = (calls: readonly SeenCall[]): number =>
  calls.filter(
    (seen) => seen.call === 'fsync' && !seen.failed && ['.', 'parent', 'parent/spool'].includes(targetOf(seen)),
  ).length;
