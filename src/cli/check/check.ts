/** `produce check`: whether the brokers can be reached, and if not, which layer fails and which line to change. */

import { exactly } from '../../caller/wait-options.ts';
import type { LoadedProducer } from '../../config/load.ts';
import { assertNamed, nameOf, readDefinitions } from '../configuration.ts';
import { embed } from '../embedded-cluster.ts';
import { libraryLine, NOT_ASKED, type UsedLibrary, usedLibrary } from '../kafka-library.ts';
import { counted, result, say } from '../output.ts';
import { sayIfTooFew } from '../process/descriptor-limit.ts';
import { EXIT, type ExitCode } from '../process/exit.ts';
import { buildSubject, type Subject } from '../producer-session.ts';
import { checkTopic } from '../topic-flag.ts';
import { type Checked, checkedProducer, checkText } from './check-report.ts';

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

/** The result of a run that failed before it had one. Null stands for what is not known. */
export const NOTHING_CHECKED = { producers: [], ...NOT_ASKED };

export async function check(options: CheckCommandOptions): Promise<ExitCode> {
  const chosen = choose(await readDefinitions(options.config, options.signal), options);
  for (const definition of chosen) checkTopic(definition, options.topic);
  sayIfTooFew(chosen);
  const { definitions, stop } = await embed(chosen, () => options.embedded === true, '--embedded');
  try {
    const subjects = await Promise.all(
      definitions.map((definition) => buildSubject(definition, { ...options, onlyChecks: options.send !== true })),
    );
    const checked = await Promise.all(subjects.map((subject) => checkOne(subject, options)));
    return report(checked, { ...options, library: libraryOf(definitions) });
  } catch (error) {
    if (!options.signal.aborted) throw error;
    return EXIT.undelivered;
  } finally {
    await stop();
  }
}

function choose(definitions: readonly LoadedProducer[], { names, config }: CheckCommandOptions): LoadedProducer[] {
  if (names.length === 0) return [...definitions];
  assertNamed(names, { config, definitions });
  return definitions.filter((one) => names.includes(nameOf(one)));
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

/** Returns the library that the Kafka producers among these run on. */
function libraryOf(definitions: readonly LoadedProducer[]): UsedLibrary {
  const isNative = ({ kind, config }: LoadedProducer) => kind === 'kafka' && config.driver !== 'node-rdkafka';
  return definitions.some(isNative) ? usedLibrary() : NOT_ASKED;
}

interface Reporting {
  readonly json?: boolean;
  readonly library: UsedLibrary;
}

function report(checked: readonly Checked[], { json, library }: Reporting): ExitCode {
  const passed = checked.filter(({ ok }) => ok).length;
  const ok = passed === checked.length;
  for (const one of checked) say(`${checkText(one)}\n`);
  const line = libraryLine(library);
  if (line !== undefined) say(`${line}\n`);
  say(`${ok ? 'ok' : 'FAILED'}: ${passed} of ${counted(checked.length, 'producer')} can be reached`);
  if (json) result({ ok, producers: checked, ...library });
  return ok ? EXIT.delivered : EXIT.noConnection;
}
