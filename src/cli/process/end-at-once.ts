/** Ends the process for a signal, even if something blocks it. */

import { constants } from 'node:os';
import { loadKoffi } from '../../shared/util/koffi.ts';

/**
 * Calls `_exit` first, because `process.exit` waits for the threads of Node's pool. One of them may be blocked for ever, in a
 * pipe without a writer or on a file system that has gone away. Without koffi the process sends the signal to itself. That does
 * not end the first process of a container.
 */
export function endAtOnce(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  const code = 128 + constants.signals[name];
  try {
    loadKoffi('the end of the command').load(null).func('_exit', 'void', ['int'])(code);
  } catch {
    process.removeAllListeners(name);
    process.kill(process.pid, name);
    process.exit(code);
  }
}
