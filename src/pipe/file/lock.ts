/** Two pipelines with one checkpoint would deliver everything twice, and each forget what the other has read. */

import { open } from 'node:fs/promises';
import { OutspoolError } from '../../errors.ts';
import { type Flock, LOCK_EX, LOCK_NB, loadFlock } from '../../flock.ts';

/** Held until the returned function is called, or the process ends. @throws OutspoolError when somebody else has it */
export async function lockCheckpoint(checkpoint: string): Promise<() => Promise<void>> {
  const flock = available();
  if (flock === undefined) return async () => {};
  // Never removed: two could hold the locks of two files of that name.
  const handle = await open(`${checkpoint}.lock`, 'a');
  try {
    if (flock(handle.fd, LOCK_EX | LOCK_NB) === 0) return () => handle.close();
    throw new OutspoolError(`${checkpoint} is in use: another pipeline follows this file`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Where there is no such call, nothing stands between two pipelines but whoever starts them. */
function available(): Flock | undefined {
  try {
    return loadFlock('a followed file');
  } catch {
    return undefined;
  }
}
