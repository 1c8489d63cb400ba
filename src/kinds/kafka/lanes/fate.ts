/** What follows for a message that came back undelivered. */

import { classify, isBystander, isMissing, isOfItsTopic, isPurged } from '../errors/errors.ts';
import type { Channel } from './channel.ts';

/**
 * again: it is to be sent · gone: the same, when its topic is there · suspect: its set was refused, it is to be sent by
 * itself · refused: it is beyond help · failed: all messages wait
 */
export type Fate = 'again' | 'gone' | 'suspect' | 'refused' | 'failed';

export interface FateContext {
  /** Whether a refused set is searched. */
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
  // A client that has given up for a refusal says of the others that it has given up.
  return kind === 'fatal' && channel.end === 'refusal' ? 'again' : 'failed';
}
