/** Bounds a wait for foreign code, which may ignore every signal it is given. */

import { LinkedAbort } from './abort.ts';
import type { Clock } from './clock.ts';

/** `done` = it resolved; `late` = the deadline or the signal came first, and what it does later is ignored. */
export type Within = 'done' | 'late';

/** Waits for `work` at most `ms`, or until `stop`. @throws what `work` rejects with before that */
export async function within(
  work: Promise<unknown>,
  ms: number,
  { clock, stop }: { clock: Clock; stop?: AbortSignal },
): Promise<Within> {
  const over = new LinkedAbort(stop);
  work.catch(() => {}); // a late rejection has no reader
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
