/** Repeats a look at a spool's files that the system has refused: a full table of open files passes, and so may a bad read. */

import type { Clock } from '../shared/util/clock.ts';
import { refusalOf } from './files.ts';

/** In ms, between the attempts. */
const PAUSES = [50, 100, 200, 400];

/** `look` may be repeated at any point of it. @throws what it throws in the end; at once where the system has not refused anything */
export async function patiently<T>(look: () => T, clock: Clock): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return look();
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
    }
    await clock.sleep(pause);
  }
  return look();
}
