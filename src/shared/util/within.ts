/** Bounds a wait for foreign code, which may ignore every signal that it gets. */

import { LinkedAbort } from './abort.ts';
import type { Clock } from './clock.ts';

/** `done`: the work resolved. `late`: the deadline or the signal came first, and the later outcome of the work is ignored. */
export type Within = 'done' | 'late';

/** Waits for `work` at most `ms` milliseconds, or until `stop` is aborted. @throws the error of `work`, if it rejects before that */
export async function within(
  work: Promise<unknown>,
  ms: number,
  { clock, stop }: { clock: Clock; stop?: AbortSignal },
): Promise<Within> {
  const over = new LinkedAbort(stop);
  work.catch(() => {}); // a late rejection has no handler
  try {
    return await Promise.race([
      work.then((): Within => 'done'),
      clock.sleep(ms, over.signal).then((): Within => 'late'),
    ]);
  } finally {
    over.abort();
    over.release();
  }
}
