/** `produce check`: whether the brokers can be reached, and if not, which layer fails and which line to change. */

import { exactly } from '../caller/wait-options.ts';
import type { LoadedProducer } from '../config/load.ts';
import { quote } from '../config/report/redact.ts';
import { didYouMean } from '../shared/util/did-you-mean.ts';
import { type Checked, checkedProducer, checkText } from './check-report.ts';
import { readDefinitions } from './configuration.ts';
import { embed } from './embedded-cluster.ts';
import { counted, result, say } from './output.ts';
import { sayIfTooFew } from './process/descriptor-limit.ts';
import { EXIT, type ExitCode, UsageError } from './process/exit.ts';
import { buildSubject, type Subject } from './producer-session.ts';
import { checkTopic } from './topic-flag.ts';

export interface CheckCommandOptions {
  readonly config: string;
  /** Names of the producers to check. @default all of the file */
  readonly names: readonly string[];
  readonly topic?: string;
  /** Whether to send a message and wait for its acknowledgement. */
  readonly send?: boolean;
  readonly embedded?: boolean;
  readonly json?: boolean;
  /** Timeout for each producer, in ms. */
  readonly timeoutMs: number;
  readonly verbose?: boolean;
  readonly signal: AbortSignal;
}

/** Time, in ms, for a producer's shutdown. The message of a failed round trip is abandoned. */
const SHUTDOWN_MS = 1000;

export async function check(options: CheckCommandOptions): Promise<ExitCode> {
  const chosen = choose(await readDefinitions(options.config), options);
  for (const definition of chosen) checkTopic(definition, options.topic);
  sayIfTooFew(chosen);
  const { definitions, stop } = await embed(chosen, () => options.embedded === true, '--embedded');
  try {
    const subjects = await Promise.all(
      definitions.map((definition) => buildSubject(definition, { ...options, onlyLooks: options.send !== true })),
    );
    return report(await Promise.all(subjects.map((subject) => checkOne(subject, options))), options);
  } catch (error) {
    if (!options.signal.aborted) throw error;
    return EXIT.undelivered;
  } finally {
    await stop();
  }
}

function choose(definitions: readonly LoadedProducer[], { names, config }: CheckCommandOptions): LoadedProducer[] {
  if (names.length === 0) return [...definitions];
  const known = definitions.map((definition) => String(definition.config.name));
  const strange = names.find((name) => !known.includes(name));
  if (strange === undefined) return definitions.filter((one) => names.includes(String(one.config.name)));
  throw new UsageError(`there is no producer ${quote(strange)} in ${config}${didYouMean(strange, known)}`);
}

async function checkOne(subject: Subject, { topic, send, timeoutMs, signal }: CheckCommandOptions): Promise<Checked> {
  const { producer, log } = subject;
  const what = { timeout: exactly(timeoutMs), signal, roundTrip: send === true, ...(topic !== undefined && { topic }) };
  try {
    return checkedProducer(subject, await log.mutedDuring(() => producer.check(what)));
  } finally {
    await log.mutedDuring(() => producer.shutdown(SHUTDOWN_MS));
  }
}

function report(checked: readonly Checked[], { json }: CheckCommandOptions): ExitCode {
  const passed = checked.filter(({ ok }) => ok).length;
  const ok = passed === checked.length;
  for (const one of checked) say(`${checkText(one)}\n`);
  say(`${ok ? 'ok' : 'FAILED'}: ${passed} of ${counted(checked.length, 'producer')} can be reached`);
  if (json) result({ ok, producers: checked });
  return ok ? EXIT.delivered : EXIT.noConnection;
}
