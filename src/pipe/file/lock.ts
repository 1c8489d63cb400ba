/** Two pipelines with one checkpoint would deliver everything twice, and each forget what the other has read. */

import { getSystemErrorName } from 'node:util';
import { OutspoolError } from '../../shared/errors.ts';
import { type Flock, LOCK_EX, LOCK_NB, loadFlock, TAKEN } from '../../shared/files/flock.ts';
import { openLock } from '../../shared/files/own-files.ts';

/** Held until the returned function is called, or the process ends. @throws OutspoolError when another one has it, or the system's error */
export async function lockCheckpoint(checkpoint: string): Promise<() => Promise<void>> {
  // Never removed: two could hold the locks of two files of that name.
  const handle = await openLock(`${checkpoint}.lock`);
  const errno = available()?.(handle.fd, LOCK_EX | LOCK_NB) ?? 0;
  if (errno === 0) return () => handle.close().catch(() => {});
  await handle.close().catch(() => {});
  if (errno === TAKEN) throw new OutspoolError(`${checkpoint} is in use: another pipeline follows this file`);
  const code = getSystemErrorName(-errno);
  throw Object.assign(new Error(`${checkpoint}.lock cannot be locked (${code})`), { code });
}

/** Where there is no such call, nothing keeps a second pipeline away. */
function available(): Flock | undefined {
  try {
    return loadFlock('a followed file');
  } catch {
    return undefined;
  }
}
