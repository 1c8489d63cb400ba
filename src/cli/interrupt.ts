/** Ctrl-C and `kill`: the first asks the command to finish in good order, the second ends it. */

import { endAtOnce } from './end-at-once.ts';
import { say } from './output.ts';

/** What has been accepted is delivered within this time after a signal, unless a command says otherwise. */
export const GRACE_MS = 10_000;

/**
 * The library installs no signal handlers; the process belongs to the command. Aborted by the first signal; `graceMs` is
 * asked then how long the command may take to end.
 */
export function interruptSignal(graceMs: () => number): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) endAtOnce(name);
      say(`${name}: stopping; delivering what was accepted for up to ${graceMs() / 1000} s (once more to end at once)`);
      controller.abort();
    });
  return controller.signal;
}
