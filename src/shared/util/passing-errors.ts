/** Recognizes system errors that are no fault of a configuration or a file, so that the same call may succeed a moment later. */

import { systemCode } from './system-code.ts';

const PASSING: ReadonlySet<unknown> = new Set([
  // Descriptors, memory or threads are used up, here or on the whole machine.
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'EAGAIN',
  'ERR_WORKER_INIT_FAILED',
  // A disk is full, or a device or a file server does not answer.
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'ESTALE',
  'ETIMEDOUT',
  'EBUSY',
  'EINTR',
]);

/** A library that cannot be loaded has one code for all reasons; the loader's text names the reason. */
const LOADER_CODE = 'ERR_DLOPEN_FAILED';
const LOADER_TEXTS = /Too many open files|Cannot allocate memory|Input\/output error|Stale file handle/i;

/** Maximum depth of causes that are searched. A cause may be its own ancestor. */
const MAX_CAUSES = 8;

function passesItself(error: { message?: unknown }): boolean {
  const code = systemCode(error);
  return PASSING.has(code) || (code === LOADER_CODE && LOADER_TEXTS.test(String(error.message)));
}

/** Whether an error, or one of its causes, may pass. Errors from another thread keep code and causes. */
export function isPassing(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof cause === 'object' && cause !== null; depth++) {
    if (passesItself(cause)) return true;
    cause = (cause as Error).cause;
  }
  return false;
}
