/** A file system with little room, where this process may mount one. */

import { spawnSync } from 'node:child_process';

export interface SmallDisk {
  remove(): void;
}

/** Mounts one of `kib` KiB on the directory; undefined where that is not allowed. */
export function mountSmallDisk(directory: string, kib: number): SmallDisk | undefined {
  if (process.platform !== 'linux') return undefined;
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', directory], { timeout: 10_000 });
  if (mounted.status !== 0) return undefined;
  return { remove: () => spawnSync('umount', ['--lazy', directory], { timeout: 10_000 }) };
}
