/** Keeps the figures of a producer that has ended, instead of the producer and its memory. */

import type { Snapshot } from '../snapshot.ts';

/** Returns a function that takes a snapshot. That of a producer that has ended no longer changes, so it is kept, and `take` is released. */
export function lastSnapshot(take: () => Snapshot): () => Snapshot {
  let current = take;
  return () => {
    const snapshot = current();
    if (snapshot.state === 'closed') current = () => snapshot;
    return snapshot;
  };
}
