/** A lock that the system holds on an open file for its process, and frees however that ends. Node has no call for it. */

import { constants } from 'node:os';
import { loadKoffi } from '../util/koffi.ts';
import { nativeSection } from '../util/native-section.ts';

export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;

/** What `flock` answers when somebody else has the lock, also in this process. */
export const TAKEN = constants.errno.EWOULDBLOCK;

/** Answers 0, or the system's error number. */
export type Flock = (fd: number, operation: number) => number;

/** `user` says who needs it. @throws OutspoolError where koffi does not load */
export function loadFlock(user: string): Flock {
  return nativeSection(() => {
    const koffi = loadKoffi(user);
    const call = koffi.load(null).func('flock', 'int', ['int', 'int']) as unknown as Flock;
    return (fd, operation) => (call(fd, operation) === 0 ? 0 : koffi.errno());
  });
}
