/** Locks a checkpoint. Two pipelines with one checkpoint would deliver everything twice, and overwrite each other's position. */

import { getSystemErrorName } from 'node:util';
import { OutspoolError } from '../../shared/errors.ts';
import { type Flock, LOCK_EX, LOCK_NB, loadFlock, TAKEN } from '../../shared/files/flock.ts';
import { openLock } from '../../shared/files/own-files.ts';

/** Holds the lock until the returned function is called. @throws OutspoolError when another pipeline has it; system errors */
export async function lockCheckpoint(checkpoint: string): Promise<() => Promise<void>> {
  // The lock file is never removed, or two pipelines could lock two different files of that name.
  const handle = await openLock(`${checkpoint}.lock`);
  const errno = available()?.(handle.fd, LOCK_EX | LOCK_NB) ?? 0;
  if (errno === 0) return () => handle.close().catch(() => {});
  await handle.close().catch(() => {});
  if (errno === TAKEN) throw new OutspoolError(`${checkpoint} is in use: another pipeline follows this file`);
  const code = getSystemErrorName(-errno);
  throw Object.assign(new Error(`${checkpoint}.lock cannot be locked (${code})`), { code });
}

/** Returns undefined where `flock` is not available. A second pipeline is then not detected. */
function available(): Flock | undefined {
  try {
    return loadFlock('a followed file');
  } catch {
    return undefined;
  }
}
