/** What happens next to a message that came back undelivered. */

import { classify, isBystander, isMissing, isOfItsTopic, isPurged } from '../errors/errors.ts';
import type { Channel } from './channel.ts';

/**
 * again: it is sent again · gone: it is sent again when its topic exists · suspect: its set was refused, so it is sent as a set
 * of its own · refused: it has permanently failed · failed: all messages wait
 */
export type Fate = 'again' | 'gone' | 'suspect' | 'refused' | 'failed';

export interface FateContext {
  /** Whether a refused set is searched for its bad messages. */
  readonly searches: boolean;
  readonly isAlone: boolean;
}

/** `isAlone`: its set held no other message. */
export function fateOf(code: number, channel: Channel, { searches, isAlone }: FateContext): Fate {
  if (isPurged(code)) return 'again';
  if (isMissing(code)) return 'gone';
  const kind = classify(code);
  if (searches && (kind === 'permanent' || isBystander(code)))
    return channel.single || isAlone || isOfItsTopic(code) ? 'refused' : 'suspect';
  // A client that failed because of a refusal reports all other messages with that same fatal error.
  return kind === 'fatal' && channel.end === 'refusal' ? 'again' : 'failed';
}
