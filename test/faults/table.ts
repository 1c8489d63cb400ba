/** Which errors a call can have: a row for each call and kind of target. */

import type { Call, ErrorName } from './fault.ts';

interface Row {
  readonly call: string;
  /** Of the place; the first row that fits counts. @default every place */
  readonly place?: RegExp;
  readonly errors: readonly ErrorName[];
}

/** Files that Node reads for itself. */
const SYSTEM = /:\/(proc|sys|etc|dev)$/;

/** Files of the program, of which each thread reads hundreds: one way of handling errors for all of them. */
const PROGRAM = /:(module|package\.json|library|elsewhere)$/;

/** Only what the system can answer: libuv ends the process for others, rightly. */
const TABLE: readonly Row[] = [
  { call: 'open', place: SYSTEM, errors: ['EMFILE'] },
  { call: 'open', place: PROGRAM, errors: ['EMFILE', 'ENFILE', 'EIO'] },
  { call: 'open', errors: ['EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'ESTALE'] },
  { call: 'create', errors: ['EMFILE', 'ENOSPC', 'EIO', 'EDQUOT'] },
  { call: 'access', errors: ['EIO', 'ENOMEM', 'ESTALE'] },
  { call: 'stat', place: PROGRAM, errors: ['EIO', 'ENOMEM'] },
  { call: 'stat', errors: ['EIO', 'ENOMEM', 'ESTALE'] },
  { call: 'fstat', place: PROGRAM, errors: ['EIO'] },
  { call: 'fstat', errors: ['EIO', 'ENOMEM', 'ESTALE'] },
  { call: 'readdir', errors: ['EMFILE', 'EIO', 'ENOMEM', 'ESTALE'] },
  { call: 'opendir', errors: ['EMFILE', 'EIO', 'ENOMEM', 'ESTALE'] },
  { call: 'read', place: /:(\[eventfd\]|pipe)$/, errors: ['EAGAIN', 'EINTR'] },
  { call: 'read', place: /:socket$/, errors: ['ECONNRESET', 'EAGAIN', 'EINTR'] },
  { call: 'read', place: SYSTEM, errors: ['EIO'] },
  { call: 'read', place: PROGRAM, errors: ['EIO', 'EINTR', 'IN_PART'] },
  { call: 'read', errors: ['EIO', 'EINTR', 'ENOMEM', 'ESTALE', 'IN_PART'] },
  { call: 'write', place: /:\[eventfd\]$/, errors: ['EINTR'] },
  { call: 'write', place: /:pipe$/, errors: ['EAGAIN', 'EINTR'] },
  { call: 'write', place: /:socket$/, errors: ['ECONNRESET', 'EPIPE', 'EAGAIN'] },
  { call: 'write', errors: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'IN_PART'] },
  { call: 'fsync', errors: ['EIO', 'ENOSPC', 'EDQUOT'] },
  { call: 'fdatasync', errors: ['EIO', 'ENOSPC', 'EDQUOT'] },
  { call: 'ftruncate', errors: ['EIO', 'EINTR'] },
  { call: 'flock', errors: ['EINTR', 'ENOLCK'] },
  // Only a file that was written to has something to report; libuv ends the process where the file was one of the system.
  { call: 'close', place: SYSTEM, errors: [] },
  { call: 'close', place: /:(parent|letters)/, errors: ['EIO', 'EINTR'] },
  { call: 'close', errors: ['EINTR'] },
  { call: 'rename', errors: ['EIO', 'ENOSPC', 'EACCES'] },
  { call: 'link', errors: ['EIO', 'ENOSPC'] },
  { call: 'unlink', errors: ['EIO', 'EBUSY', 'EACCES'] },
  { call: 'mkdir', errors: ['EIO', 'ENOSPC', 'EACCES'] },
  { call: 'mkdir_again', errors: ['EIO', 'ENOMEM'] },
  // Without memory for their own code V8 and koffi end the process.
  { call: 'mmap', place: /^(node:elsewhere|koffi:memory)$/, errors: [] },
  { call: 'mmap', errors: ['ENOMEM'] },
  { call: 'dlopen', errors: ['EMFILE'] },
  { call: 'thread', errors: ['EAGAIN'] },
  { call: 'pipe', errors: ['EMFILE', 'ENFILE'] },
  { call: 'eventfd', errors: ['EMFILE', 'ENFILE', 'ENOMEM'] },
  { call: 'epoll_create', errors: ['EMFILE', 'ENFILE', 'ENOMEM'] },
  { call: 'socket', errors: ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'] },
  { call: 'connect', errors: ['ECONNREFUSED', 'ETIMEDOUT', 'EADDRNOTAVAIL'] },
  { call: 'send', errors: ['ECONNRESET', 'EPIPE', 'ENOBUFS', 'EAGAIN'] },
  { call: 'receive', errors: ['ECONNRESET', 'ETIMEDOUT', 'EAGAIN', 'EINTR'] },
];

/** The names of all calls. */
export const CALLS: readonly string[] = TABLE.map(({ call }) => call);

/** What the victim says to the harness is not a part of its life. */
const isReport = (place: string): boolean => place.endsWith(':stdio');

export function errorsOf({ call, place }: Pick<Call, 'call' | 'place'>): readonly ErrorName[] {
  if (isReport(place)) return [];
  return TABLE.find((row) => row.call === call && (row.place?.test(place) ?? true))?.errors ?? [];
}
