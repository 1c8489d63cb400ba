/** Ends the process for a signal, whatever holds it up. */

import { constants } from 'node:os';
import { loadKoffi } from '../../shared/util/koffi.ts';

/**
 * `process.exit` waits for the threads of Node's pool, of which one may be blocked for ever: in a pipe without a writer, or in a
 * file system that has gone away. So `_exit` comes first. Without koffi the signal itself ends the process, unless it is the
 * first one of a container, which the system does not end by that.
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
