/** `produce spool replay`: starts the producers whose spools hold something, and has them deliver it. */

import fs from 'node:fs';
import type { LoadedFile, LoadedProducer } from '../../config/load.ts';
import { didYouMean } from '../../config/nearest.ts';
import { quote } from '../../config/shown.ts';
import { type AnyProducer, loadConfig, ProducerRuntime } from '../../runtime.ts';
import { EXIT, type ExitCode, exitCodeOf, UsageError, worst } from '../exit.ts';
import { GRACE_MS } from '../interrupt.ts';
import { CommandLog } from '../log.ts';
import { counted, result, say, sayError } from '../output.ts';
import { type Subject, startSubject } from '../subject.ts';
import { type Column, table } from '../table.ts';
import { type ConfiguredSpool, spoolsOf } from './configured.ts';
import { openView, sayLosses } from './views.ts';

export interface ReplayOptions {
  readonly config: string;
  /** @default every producer with a spool */
  readonly names: readonly string[];
  readonly json?: boolean;
  /** How long connecting may take, and how long nothing may settle. */
  readonly timeoutMs: number;
  readonly verbose?: boolean;
  readonly signal: AbortSignal;
}

interface Replayed {
  readonly name: string;
  readonly kind: string;
  readonly delivered: number;
  readonly deadLettered: number;
  /** Given up without anybody to take them, or lost on disk. */
  readonly dropped: number;
  readonly left: number;
}

const COLUMNS: readonly Column<Replayed>[] = [
  { title: 'producer', cell: ({ name }) => name, align: 'left' },
  { title: 'kind', cell: ({ kind }) => kind, align: 'left' },
  { title: 'delivered', cell: ({ delivered }) => delivered },
  { title: 'dead-lettered', cell: ({ deadLettered }) => deadLettered },
  { title: 'dropped', cell: ({ dropped }) => dropped },
  { title: 'left', cell: ({ left }) => left },
];

export async function replay(options: ReplayOptions): Promise<ExitCode> {
  const file = await loadConfig(options.config);
  const chosen = choose(file.producers, options);
  const waiting: ConfiguredSpool[] = [];
  for (const spool of chosen) {
    const pending = await pendingOf(spool);
    say(`${spool.name}: ${pending === 0 ? 'nothing' : counted(pending, 'message')} in ${spool.directory}`);
    if (pending > 0) waiting.push(spool);
  }
  if (chosen.length === 0) say(`${options.config}: no producer has a spool`);
  return waiting.length === 0 ? report([], [], options) : replayAll(waiting, file, options);
}

/** @throws UsageError when a name is not that of a producer with a spool */
function choose(definitions: readonly LoadedProducer[], { names, config }: ReplayOptions): ConfiguredSpool[] {
  const spools = spoolsOf(definitions);
  if (names.length === 0) return spools;
  const known = definitions.map((one) => String(one.config.name));
  return [...new Set(names)].map((name) => {
    const spool = spools.find((one) => one.name === name);
    if (spool !== undefined) return spool;
    if (known.includes(name)) throw new UsageError(`producer ${quote(name)} in ${config} has no spool`);
    throw new UsageError(`there is no producer ${quote(name)} in ${config}${didYouMean(name, known)}`);
  });
}

/** Known before anything connects. @throws UsageError when somebody else has the spool */
async function pendingOf({ name, directory }: ConfiguredSpool): Promise<number> {
  if (!fs.existsSync(directory)) return 0;
  const view = openView(directory);
  if (view.owner === undefined) return view.pending;
  const advice = 'it delivers what is in it; to replay it from here, stop it first';
  throw new UsageError(`producer ${quote(name)} runs already, ${view.owner} has ${directory}: ${advice}`);
}

/** All producers of the file are built, since any may take what another one gives up; only those that must are started. */
async function replayAll(
  waiting: readonly ConfiguredSpool[],
  { producers, routes }: LoadedFile,
  options: ReplayOptions,
): Promise<ExitCode> {
  const sources = waiting.map(({ definition }) => definition);
  const log = new CommandLog(options.verbose ?? false);
  const runtime = await ProducerRuntime.fromDefinitions(producers, { logger: log }, routes);
  try {
    const subjects = sources.map((definition) => subjectOf(definition, runtime, log));
    const problems = await Promise.all(subjects.map((subject) => deliver(subject, options)));
    await runtime.shutdown(GRACE_MS);
    const rows: Replayed[] = [];
    for (const [index, spool] of waiting.entries()) rows.push(await outcomeOf(subjects[index] as Subject, spool));
    return report(rows, problems, options);
  } finally {
    await runtime.shutdown(GRACE_MS);
  }
}

function subjectOf(definition: LoadedProducer, runtime: ProducerRuntime, log: CommandLog): Subject {
  const name = String(definition.config.name);
  const close = (ms: number) => runtime.shutdown(ms);
  return { name, kind: definition.kind, definition, producer: runtime.producer(name), log, close };
}

/** Why it ended early, where it did. */
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

/** Goes on for as long as anything settles. */
async function settled(producer: AnyProducer, timeoutMs: number, signal: AbortSignal): Promise<void> {
  for (let before = -1, pending = producer.stats().pending; pending !== 0 && pending !== before; ) {
    before = pending;
    await producer.flush(timeoutMs, { signal });
    pending = producer.stats().pending;
  }
}

/** How much is left the files say: that is what the next start finds. */
async function outcomeOf({ name, kind, producer }: Subject, { directory }: ConfiguredSpool): Promise<Replayed> {
  const { delivered, deadLettered, dropped } = producer.stats();
  const view = openView(directory);
  sayLosses(await view.losses());
  return { name, kind, delivered, deadLettered, dropped, left: view.pending };
}

function report(
  rows: readonly Replayed[],
  problems: readonly (ExitCode | undefined)[],
  { signal, json }: ReplayOptions,
): ExitCode {
  const total = (name: 'delivered' | 'deadLettered' | 'dropped' | 'left') =>
    rows.reduce((sum, row) => sum + row[name], 0);
  const early = problems.filter((code) => code !== undefined);
  const code = worst([...early, total('left') + total('dropped') > 0 ? EXIT.undelivered : EXIT.delivered]);
  if (rows.length > 0) say(`\n${table(COLUMNS, rows)}\n`);
  const word = code === EXIT.delivered ? 'ok' : signal.aborted ? 'interrupted' : 'FAILED';
  say(`${word}: ${counted(total('delivered'), 'message')} delivered, ${total('left')} left`);
  if (json) result({ ok: code === EXIT.delivered, producers: rows });
  return code;
}
