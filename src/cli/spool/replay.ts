/** `produce spool replay`: starts the producers whose spools hold messages, and has them deliver these. */

import type { LoadedFile, LoadedProducer } from '../../config/load.ts';
import { quote } from '../../config/report/redact.ts';
import { type AnyProducer, ProducerRuntime } from '../../runtime.ts';
import type { Loss } from '../../spool/recovery/loss.ts';
import { assertNamed, readConfig } from '../configuration.ts';
import { CommandLog } from '../log.ts';
import { counted, say, sayError } from '../output.ts';
import { sayIfTooFew } from '../process/descriptor-limit.ts';
import { EXIT, type ExitCode, exitCodeOf, UsageError } from '../process/exit.ts';
import { GRACE_MS } from '../process/interrupt.ts';
import { type Subject, startSubject } from '../producer-session.ts';
import { deliveries, type ProgressFlags, withProgress } from '../progress/show.ts';
import { type ConfiguredSpool, spoolsOf } from './configured.ts';
import { type Replayed, report } from './replayed.ts';
import { damageOf, isSpoolThere, lossesOf, lostBy, openView, sayLosses, verified } from './views.ts';

export interface ReplayOptions extends ProgressFlags {
  readonly config: string;
  /** @default every producer with a spool */
  readonly names: readonly string[];
  /** Time, in ms, for connecting, and for the next message to settle. */
  readonly timeoutMs: number;
  readonly verbose?: boolean;
  readonly signal: AbortSignal;
}

/** State of a spool before any of its messages is delivered. */
interface Finding {
  readonly spool: ConfiguredSpool;
  readonly pending: number;
  readonly losses: readonly Loss[];
  /** Number of lost messages that the spool's owner will count as dropped, because it finds them while reading. */
  readonly found: number;
}

export async function replay(options: ReplayOptions): Promise<ExitCode> {
  const file = await readConfig(options.config, options.signal);
  const chosen = choose(file.producers, options);
  const findings: Finding[] = [];
  for (const spool of chosen) findings.push(await inspect(spool));
  for (const finding of findings) sayFinding(finding);
  if (chosen.length === 0) say(`${options.config}: no producer has a spool`);
  const empty = findings.filter(({ pending, losses }) => pending === 0 && losses.length > 0).map(notStarted);
  const waiting = findings.filter(({ pending }) => pending > 0);
  return waiting.length === 0 ? report(empty, [], options) : replayAll({ waiting, empty, file }, options);
}

/** @throws UsageError when a name is not that of a producer with a spool */
function choose(definitions: readonly LoadedProducer[], { names, config }: ReplayOptions): ConfiguredSpool[] {
  const spools = spoolsOf(definitions);
  if (names.length === 0) return spools;
  assertNamed(names, { config, definitions });
  return [...new Set(names)].map((name) => {
    const spool = spools.find((one) => one.name === name);
    if (spool !== undefined) return spool;
    throw new UsageError(`producer ${quote(name)} in ${config} has no spool`);
  });
}

/** Reads the whole spool before any producer connects. @throws UsageError when another process owns the spool */
async function inspect(spool: ConfiguredSpool): Promise<Finding> {
  const { name, directory } = spool;
  if (!isSpoolThere(directory)) return { spool, pending: 0, losses: [], found: 0 };
  const view = openView(directory);
  if (view.owner !== undefined) {
    const advice = 'it delivers what is in it; to replay it from here, stop it first';
    throw new UsageError(`producer ${quote(name)} runs already, ${view.owner} has ${directory}: ${advice}`);
  }
  const missing = lostBy(await lossesOf(view));
  await verified(view);
  const losses = await lossesOf(view);
  view.close();
  return { spool, pending: view.pending, losses, found: lostBy(losses) - missing };
}

function sayFinding({ spool: { name, directory }, pending, losses }: Finding): void {
  say(`${name}: ${pending === 0 ? 'nothing' : counted(pending, 'message')} in ${directory}`);
  sayLosses(losses);
}

interface Work {
  readonly waiting: readonly Finding[];
  /** Rows of the spools without pending messages. */
  readonly empty: readonly Replayed[];
  readonly file: LoadedFile;
}

/** Builds all producers of the file, as any may take what another abandons, and starts those with messages. */
async function replayAll({ waiting, empty, file }: Work, options: ReplayOptions): Promise<ExitCode> {
  const sources = waiting.map(({ spool }) => spool.definition);
  sayIfTooFew(sources);
  const log = new CommandLog(options.verbose ?? false);
  const runtime = await ProducerRuntime.fromDefinitions(file.producers, { logger: log }, file.routes);
  try {
    const subjects = sources.map((definition) => subjectOf(definition, runtime, log));
    const total = waiting.reduce((sum, { pending }) => sum + pending, 0);
    const read = () =>
      deliveries(
        subjects.map(({ producer }) => producer),
        total,
      );
    const watched = { ...options, title: 'replay', read, definitions: file.producers };
    const problems = await withProgress(watched, async () => {
      const codes = await Promise.all(subjects.map((subject) => deliver(subject, options)));
      await runtime.shutdown(GRACE_MS);
      return codes;
    });
    const rows: Replayed[] = [];
    for (const [index, finding] of waiting.entries()) rows.push(outcomeOf(subjects[index] as Subject, finding));
    return report([...rows, ...empty], problems, options);
  } finally {
    await runtime.shutdown(GRACE_MS);
  }
}

function subjectOf(definition: LoadedProducer, runtime: ProducerRuntime, log: CommandLog): Subject {
  const name = String(definition.config.name);
  const close = (ms: number) => runtime.shutdown(ms);
  return { name, kind: definition.kind, definition, producer: runtime.producer(name), log, close };
}

/** Delivers one spool. Returns the exit code if it ended early. */
async function deliver(subject: Subject, { timeoutMs, signal }: ReplayOptions): Promise<ExitCode | undefined> {
  try {
    await startSubject(subject, { timeout: timeoutMs, signal });
    await settled(subject.producer, timeoutMs, signal);
    return undefined;
  } catch (error) {
    if (signal.aborted) return EXIT.undelivered;
    sayError(error);
    return exitCodeOf(error);
  }
}

/** Waits for as long as messages keep settling. */
async function settled(producer: AnyProducer, timeoutMs: number, signal: AbortSignal): Promise<void> {
  for (let before = -1, pending = producer.stats().pending; pending !== 0 && pending !== before; ) {
    before = pending;
    await producer.flush(timeoutMs, { signal });
    pending = producer.stats().pending;
  }
}

/** Returns the row of a spool. The number of messages left comes from the files, because the next start reads them. */
function outcomeOf({ name, kind, producer }: Subject, { spool, losses, found }: Finding): Replayed {
  const { delivered, deadLettered, dropped } = producer.stats();
  const left = openView(spool.directory).pending;
  // Unreadable messages that it found on disk are among the dropped, and are reported only once, as lost.
  return {
    name,
    kind,
    delivered,
    deadLettered,
    dropped: Math.max(0, dropped - found),
    left,
    ...lostAndDamaged(losses),
  };
}

/** Returns the row of a spool whose producer has nothing to deliver, and is not started. */
const notStarted = ({ spool: { name, definition }, losses }: Finding): Replayed => ({
  name,
  kind: definition.kind,
  delivered: 0,
  deadLettered: 0,
  dropped: 0,
  left: 0,
  ...lostAndDamaged(losses),
});

const lostAndDamaged = (losses: readonly Loss[]) => ({ lost: lostBy(losses), damage: damageOf(losses) });
