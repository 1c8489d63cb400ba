/** Processes that compete for every core, as on a machine that is too small. */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Keeps every core busy while `work` is done. */
export async function onBusyCores<T>(work: () => Promise<T>): Promise<T> {
  const loops = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  try {
    return await work();
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
}
