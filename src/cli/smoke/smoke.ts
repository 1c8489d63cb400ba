/** `produce smoke`: sends messages through every producer of a configuration, and reads back those that Kafka stored. */

import { randomUUID } from 'node:crypto';
import { exactly } from '../../caller/wait-options.ts';
import { nativeProblem } from '../../kinds/kafka/config-check/available.ts';
import { LinkedAbort } from '../../shared/util/abort.ts';
import { readDefinitions } from '../configuration.ts';
import { embed, isKafka } from '../embedded-cluster.ts';
import { counted, result, say, sayError } from '../output.ts';
import { sayIfTooFew } from '../process/descriptor-limit.ts';
import { EXIT, type ExitCode, exitCodeOf, worst } from '../process/exit.ts';
import { Hindrance } from '../process/hindrance.ts';
import { GRACE_MS } from '../process/interrupt.ts';
import { buildSubject, type Subject, startSubject } from '../producer-session.ts';
import { deliveries, type ProgressFlags, withProgress } from '../progress/show.ts';
import { sayWithoutSpool } from '../standalone-definition.ts';
import { type Summary, smokeTable, summarize } from '../summary.ts';
import { assertAllowed, contentOf, isEmbedded, type PlanOptions, sayPlans } from './plan.ts';
import { type Check, readBack } from './read-back.ts';
import { type Arrival, type SmokeRun, sendSamples } from './send-samples.ts';

export interface SmokeOptions extends PlanOptions, ProgressFlags {
  readonly config: string;
  readonly timeoutMs: number;
  readonly verbose?: boolean;
  readonly signal: AbortSignal;
}

interface Outcome {
  readonly summary: Summary;
  readonly hindrance: Hindrance;
  readonly code: ExitCode;
}

export async function smoke(options: SmokeOptions): Promise<ExitCode> {
  const loaded = await readDefinitions(options.config, options.signal);
  assertAllowed(loaded, options);
  const why = options.embedded ? '--embedded' : 'no broker in config';
  const { definitions, stop } = await embed(loaded, (one) => isEmbedded(one, options), why);
  sayWithoutSpool(definitions);
  sayIfTooFew(definitions);
  try {
    const subjects = await Promise.all(definitions.map((definition) => buildSubject(definition, options)));
    say(
      `sending ${counted(options.messages, 'message')} through each of: ${subjects.map(({ name }) => name).join(', ')}`,
    );
    sayPlans(definitions, options);
    const read = () =>
      deliveries(
        subjects.map(({ producer }) => producer),
        subjects.length * options.messages,
      );
    const outcomes = await withProgress({ ...options, title: 'smoke', read, definitions }, () =>
      Promise.all(subjects.map((subject) => tryOut(subject, options))),
    );
    return report(outcomes, options);
  } finally {
    await stop();
  }
}

/** Time, in ms, for a producer's shutdown after the timeout of everything else. */
const LATE_CLOSE_MS = 1000;

async function tryOut(subject: Subject, options: SmokeOptions): Promise<Outcome> {
  const end = performance.now() + options.timeoutMs;
  const left = () => Math.max(0, end - performance.now());
  const signal = new LinkedAbort(options.signal, AbortSignal.timeout(options.timeoutMs)).signal;
  const content = contentOf(subject.definition, options);
  const hindrance = new Hindrance(subject);
  const run = { id: randomUUID(), messages: options.messages, topic: options.topic, content, signal };
  try {
    await startSubject(subject, { timeout: exactly(options.timeoutMs), signal: options.signal });
    const arrivals = await sendSamples(subject, run);
    hindrance.end();
    // The counters are final before anything is read back, so that a late message does not look like a lost one.
    await subject.producer.shutdown(options.signal.aborted ? GRACE_MS : Math.max(left(), LATE_CLOSE_MS));
    return { hindrance, ...(await checked(subject, arrivals, { run, timeoutMs: left() })) };
  } catch (error) {
    hindrance.end();
    return { hindrance, ...(await failed(subject, error, options.signal.aborted)) };
  }
}

interface Checking {
  readonly run: SmokeRun;
  readonly timeoutMs: number;
}

async function checked(
  subject: Subject,
  arrivals: readonly Arrival[],
  { run, timeoutMs }: Checking,
): Promise<Omit<Outcome, 'hindrance'>> {
  const { readBack: count, problems } = await check(subject, arrivals, { run: run.id, timeoutMs });
  for (const problem of problems) sayError(`${subject.name}: ${problem}`);
  const summary = summarize(subject, subject.producer.stats());
  const isComplete = summary.delivered === run.messages && problems.length === 0;
  return {
    summary: count === undefined ? summary : { ...summary, readBack: count },
    code: isComplete ? EXIT.delivered : EXIT.undelivered,
  };
}

type Optional<T> = { readonly [K in keyof T]: T[K] | undefined } & Pick<Check, 'problems'>;

/** Reads back from Kafka only, because other kinds cannot be read. Where librdkafka does not load, Kafka cannot be read either. */
async function check(
  subject: Subject,
  arrivals: readonly Arrival[],
  options: { run: string; timeoutMs: number },
): Promise<Optional<Check>> {
  const unread = { readBack: undefined, problems: [] };
  if (!isKafka(subject.definition)) return unread;
  const missing = nativeProblem();
  if (missing === undefined) return readBack(subject, arrivals, options);
  say(`${subject.name}: nothing is read back: ${missing.message}`);
  return unread;
}

async function failed(subject: Subject, error: unknown, interrupted: boolean): Promise<Omit<Outcome, 'hindrance'>> {
  if (!interrupted) sayError(error);
  await subject.producer.shutdown(interrupted ? GRACE_MS : LATE_CLOSE_MS);
  const summary = summarize(subject, subject.producer.stats());
  return {
    summary: isKafka(subject.definition) ? { ...summary, readBack: 0 } : summary,
    code: interrupted ? EXIT.undelivered : exitCodeOf(error),
  };
}

function report(outcomes: readonly Outcome[], { json, messages, signal }: SmokeOptions): ExitCode {
  const summaries = outcomes.map(({ summary }) => summary);
  const code = worst(outcomes.map((outcome) => outcome.code));
  say(`\n${smokeTable(summaries)}\n`);
  for (const { hindrance, summary } of outcomes) hindrance.say(summary);
  say(verdict(summaries, { code, messages, interrupted: signal.aborted }));
  if (json) result({ ok: code === EXIT.delivered, producers: summaries });
  return code;
}

interface VerdictInput {
  readonly code: ExitCode;
  readonly messages: number;
  readonly interrupted: boolean;
}

function verdict(summaries: readonly Summary[], { code, messages, interrupted }: VerdictInput): string {
  const delivered = summaries.reduce((sum, summary) => sum + summary.delivered, 0);
  const kafka = summaries.filter(({ readBack: count }) => count !== undefined);
  const of = `${delivered} of ${counted(summaries.length * messages, 'message')} delivered`;
  const came = kafka.reduce((sum, { readBack: count = 0 }) => sum + count, 0);
  const read = kafka.length === 0 ? '' : `, ${came} of ${kafka.length * messages} read back byte for byte`;
  const word = code === EXIT.delivered ? 'ok' : interrupted ? 'interrupted' : 'FAILED';
  return `${word}: ${of}${read}`;
}
