/**
 * Skips the clean-up of C libraries at the end of a process in which librdkafka uses OpenSSL, for TLS or for SCRAM.
 *
 * At the exit, OpenSSL frees what all threads share, while librdkafka's threads may still be in a handshake. The process would
 * then end with a segmentation fault instead of its exit code. Stopping the threads first could take as long as a name takes to
 * resolve. So the process ends with its own code as soon as JavaScript and Node have done their work at an exit.
 *
 *     exit listeners → Node ends its threads → exit(code) → uv_tty_reset_mode() → _exit(code)
 */

import type { Native } from '../native/native.ts';

/** `RTLD_DEFAULT` of glibc. */
const ANYWHERE = 0;

let isRegistered = false;

/** Registers `_exit`, once in each thread. Does nothing where there is no `on_exit` (macOS, musl). */
export function skipExitCleanup({ koffi, libc }: Native): void {
  if (isRegistered || process.platform !== 'linux') return;
  isRegistered = true;
  const [onExitAt, exitAt, resetAt] = ['on_exit', '_exit', 'uv_tty_reset_mode'].map((name) =>
    libc.dlsym(ANYWHERE, name),
  );
  if (!onExitAt || !exitAt) return;
  const onExit = koffi.load(null).func('on_exit', 'int', ['uint64_t', 'uint64_t']);
  // The function that is registered last is called first. Each gets the exit code, which `uv_tty_reset_mode` ignores.
  onExit(exitAt, 0);
  if (resetAt) onExit(resetAt, 0);
}
