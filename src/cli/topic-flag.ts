/** Checks the value of `--topic`, which depends on the kind of producer. */

import type { LoadedProducer } from '../config/load.ts';
import { quote } from '../config/report/redact.ts';
import { safeName } from '../config/schema/base.ts';
import { isKafka } from './embedded-cluster.ts';
import { UsageError } from './process/exit.ts';

/** Refuses an invalid topic early, because a broker would refuse each message without naming the reason. @throws UsageError */
export function checkTopic(definition: LoadedProducer, topic: string | undefined): void {
  if (topic === undefined || !isKafka(definition) || safeName().safeParse(topic).success) return;
  const expected = 'expected 1 to 249 letters, digits, dots, underscores and hyphens';
  throw new UsageError(`option '-t, --topic <topic>': ${expected}, got ${quote(topic)}`);
}
