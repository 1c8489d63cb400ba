/** What a transactional producer remembers when a refusal has made its client unusable. */

import type { Message } from '../../../../shared/message/message.ts';
import { DeniedTopics } from '../send/denied-topics.ts';
import { RefusedSizes } from '../send/refused-sizes.ts';
import type { PlacedMark } from './group-offsets.ts';
import type { Search } from './transaction-search.ts';

export interface Committed {
  /** Number of transactions that the producer has committed. */
  readonly count: number;
  /** The mark of the last one that was read from the group. */
  readonly last: PlacedMark | undefined;
}

export class TransactionMemory {
  readonly deniedTopics = new DeniedTopics();
  readonly refusedSizes = new RefusedSizes();
  known: Committed | undefined;
  /** The search for the bad messages of the current batch; undefined where none is known to be bad. */
  search: Search | undefined;
  /** Maximum size of a set in bytes, because larger ones were refused; undefined where none was. */
  setBytes: number | undefined;

  /** Whether no refusal is remembered, so that brokers decide on every message. */
  get hasNoRefusals(): boolean {
    return this.deniedTopics.isEmpty && this.refusedSizes.isEmpty;
  }

  /** The reason to refuse a message without asking a broker; undefined where the message must be sent. */
  refusal(message: Message): Error | undefined {
    return this.deniedTopics.reason(message.topic) ?? this.refusedSizes.reason(message);
  }
}
