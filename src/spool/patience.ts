/** Repeats a read of a spool's files that the system refused. A full table of open files is temporary, and a failed read may be. */

import type { Clock } from '../shared/util/clock.ts';
import { refusalOf } from './files.ts';

/** Pauses between the attempts, in ms. */
const PAUSES = [50, 100, 200, 400];

/**
 * Calls `look` up to 5 times. It must be safe to call again, wherever it failed.
 * @throws the error of the last attempt; at once an error that is no refusal by the system
 */
export async function patiently<T>(attempt: () => T, clock: Clock): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return attempt();
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
    }
    await clock.sleep(pause);
  }
  return attempt();
}
