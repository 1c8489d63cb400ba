/**
 * The end of a process in which librdkafka uses OpenSSL, for TLS or for SCRAM.
 *
 * At the exit, OpenSSL frees what all threads share, while librdkafka's threads may still be in a handshake: the process
 * then ends with a segmentation fault instead of its exit code. Stopping them first could take as long as a name takes to
 * resolve. So the process ends with its own code as soon as JavaScript and Node have done what they do at an exit, and
 * without the clean-up of C libraries.
 *
 *     exit listeners → Node ends its threads → exit(code) → uv_tty_reset_mode() → _exit(code)
 */

import type { Native } from '../native/native.ts';

/** `RTLD_DEFAULT` of glibc. */
const ANYWHERE = 0;

let isRegistered = false;

/** Once for each thread is enough. Where there is no `on_exit` (macOS, musl), nothing is done. */
export function skipExitCleanup({ koffi, libc }: Native): void {
  if (isRegistered || process.platform !== 'linux') return;
  isRegistered = true;
  const [onExitAt, exitAt, resetAt] = ['on_exit', '_exit', 'uv_tty_reset_mode'].map((name) =>
    libc.dlsym(ANYWHERE, name),
  );
  if (!onExitAt || !exitAt) return;
  const onExit = koffi.load(null).func('on_exit', 'int', ['uint64_t', 'uint64_t']);
  // The last one that is registered is called first. Each gets the exit code, which the second one ignores.
  onExit(exitAt, 0);
  if (resetAt) onExit(resetAt, 0);
}
