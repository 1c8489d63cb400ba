/** What `--topic` may say, which depends on the kind of producer. */

import { safeName } from '../config/base.ts';
import type { LoadedProducer } from '../config/load.ts';
import { quote } from '../config/shown.ts';
import { isKafka } from './embedding.ts';
import { UsageError } from './exit.ts';

/** A broker would only say that the topic is invalid, of every message. @throws UsageError */
export function checkTopic(definition: LoadedProducer, topic: string | undefined): void {
  if (topic === undefined || !isKafka(definition) || safeName().safeParse(topic).success) return;
  const expected = 'expected 1 to 249 letters, digits, dots, underscores and hyphens';
  throw new UsageError(`option '-t, --topic <topic>': ${expected}, got ${quote(topic)}`);
}
