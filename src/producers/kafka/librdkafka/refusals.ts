/** What brokers have refused to a transactional producer lately, through all of its clients. */

import { CarefulMode } from './careful-mode.ts';
import { DeniedTopics } from './denied-topics.ts';

export class Refusals {
  readonly careful = new CarefulMode();
  readonly topics = new DeniedTopics();
}
