/** What outlives the client of a transactional producer when a refusal has cost it. */

import type { Message } from '../../../../shared/message/message.ts';
import { DeniedTopics } from '../send/denied-topics.ts';
import { RefusedSizes } from '../send/refused-sizes.ts';
import type { PlacedMark } from './group-offsets.ts';
import type { Search } from './transaction-search.ts';

export interface Committed {
  /** How many transactions the producer has committed. */
  readonly count: number;
  /** The mark of the last one that was read from the group. */
  readonly last: PlacedMark | undefined;
}

export class TransactionMemory {
  readonly deniedTopics = new DeniedTopics();
  readonly refusedSizes = new RefusedSizes();
  /** What the client before knew for certain: the next one reads no mark then. */
  known: Committed | undefined;
  /** The search for the bad messages of the batch that is being sent; undefined where none is known to be bad. */
  search: Search | undefined;
  /** Size in bytes that a set of messages may have, because larger ones were refused; undefined where none was. */
  setBytes: number | undefined;

  /** Whether brokers are to be asked about every message. */
  get hasNoRefusals(): boolean {
    return this.deniedTopics.isEmpty && this.refusedSizes.isEmpty;
  }

  /** Why a message is refused without asking a broker; undefined where it is to be sent. */
  refusal(message: Message): Error | undefined {
    return this.deniedTopics.reason(message.topic) ?? this.refusedSizes.reason(message);
  }
}
