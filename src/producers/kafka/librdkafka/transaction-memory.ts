/** What outlives the client of a transactional producer when a refusal has cost it. */

import { DeniedTopics } from './denied-topics.ts';
import type { PlacedMark } from './group-offsets.ts';
import type { Search } from './transaction-parts.ts';

export interface Committed {
  /** How many transactions the producer has committed. */
  readonly count: number;
  /** The mark of the last one that was read from the group. */
  readonly last: PlacedMark | undefined;
}

export class TransactionMemory {
  readonly deniedTopics = new DeniedTopics();
  /** What the client before knew for certain: the next one reads no mark then. */
  known: Committed | undefined;
  /** The search for the bad messages of the batch that is being sent; undefined where none is known to be bad. */
  search: Search | undefined;
}
