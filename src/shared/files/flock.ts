/** Calls `flock`, for which Node has no function. The system releases the lock however the process ends. */

import { constants } from 'node:os';
import { loadKoffi } from '../util/koffi.ts';
import { nativeSection } from '../util/native-section.ts';

export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;

/** The error number that `flock` returns when another open file, also of this process, has the lock. */
export const TAKEN = constants.errno.EWOULDBLOCK;

/** Returns 0, or the system's error number. */
export type Flock = (fd: number, operation: number) => number;

/** `user` names the part that needs the lock. @throws OutspoolError where koffi does not load */
export function loadFlock(user: string): Flock {
  return nativeSection(() => {
    const koffi = loadKoffi(user);
    const call = koffi.load(null).func('flock', 'int', ['int', 'int']) as unknown as Flock;
    return (fd, operation) => (call(fd, operation) === 0 ? 0 : koffi.errno());
  });
}
