/** Reports how a pipeline ended: tables for a person, one JSON object for a program, and the exit code. */

import type { LoadedProducer } from '../../config/load.ts';
import { HttpSource } from '../../pipe/http/http-source.ts';
import type { PipelineOutcome } from '../../pipe/pipeline.ts';
import type { Source } from '../../pipe/source.ts';
import type { ProducerRuntime } from '../../runtime.ts';
import { counted, result, say, sayError } from '../output.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../process/exit.ts';
import { type PipeSummary, pipeTable, summarize } from '../summary.ts';
import { type Column, table } from '../table.ts';

interface SourceSummary {
  readonly name: string;
  readonly type: string;
  readonly read: number;
  readonly bad: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Number of requests by status. */
  readonly answers?: Readonly<Record<string, number>>;
}

export interface Ended {
  readonly outcome: PipelineOutcome;
  readonly sources: readonly Source[];
  readonly runtime: ProducerRuntime;
  readonly definitions: readonly LoadedProducer[];
}

/** The result of a run that failed before it had one. */
export const NOTHING_PIPED = { producers: [], sources: [] };

export function report(ended: Ended, { json }: { readonly json?: boolean }): ExitCode {
  const producers = ended.definitions.map((definition) => producerSummary(definition, ended.runtime));
  const sources = ended.sources.map(sourceSummary);
  const { error } = ended.outcome;
  if (error !== undefined) sayError(error);
  const code = error === undefined ? codeOf(producers, ended) : exitCodeOf(error);
  say(`\n${sourceTable(sources)}\n\n${pipeTable(producers)}\n`);
  say(verdict(producers, code, ended.outcome));
  if (json) result({ ok: code === EXIT.delivered, producers, sources });
  return code;
}

function producerSummary({ kind, config }: LoadedProducer, runtime: ProducerRuntime): PipeSummary {
  const name = String(config.name);
  const stats = runtime.producer(name).stats();
  const summary = summarize({ name, kind }, stats);
  const { expired: withdrawn, spooled, recovered } = stats;
  return { ...summary, undelivered: summary.undelivered - withdrawn, withdrawn, spooled, recovered };
}

function sourceSummary(source: Source): SourceSummary {
  const { name, type, counts } = source;
  const { read, bad, outcomes } = counts;
  return { name, type, read, bad, outcomes, ...(source instanceof HttpSource && { answers: source.answers }) };
}

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ') || '-';

const SOURCE_COLUMNS: readonly Column<SourceSummary>[] = [
  { title: 'source', cell: ({ name }) => name, align: 'left' },
  { title: 'type', cell: ({ type }) => type, align: 'left' },
  { title: 'read', cell: ({ read }) => read },
  { title: 'bad', cell: ({ bad }) => bad },
  { title: 'outcomes', cell: ({ outcomes }) => listed(outcomes), align: 'left' },
  { title: 'answers', cell: ({ answers = {} }) => listed(answers), align: 'left' },
];

const sourceTable = (sources: readonly SourceSummary[]): string => table(SOURCE_COLUMNS, sources);

const lostOf = ({ deadLettered, dropped, undelivered }: PipeSummary): number => deadLettered + dropped + undelivered;

/** Returns the exit code. The standard input that a signal cut off counts as undelivered, because its rest was not sent. */
function codeOf(producers: readonly PipeSummary[], { sources, outcome }: Ended): ExitCode {
  const isCut = outcome.isInterrupted && sources.some(({ type }) => type === 'stdin');
  return isCut || producers.some((producer) => lostOf(producer) > 0) ? EXIT.undelivered : EXIT.delivered;
}

/** Texts for a pipeline that failed, although it may have delivered everything that it read. */
const FAILED = {
  source: 'a source has ended with an error; ',
  producer: 'a producer cannot be started; ',
} as const;

function verdict(
  producers: readonly PipeSummary[],
  code: ExitCode,
  { failed, isInterrupted }: PipelineOutcome,
): string {
  const sum = (of: (one: PipeSummary) => number) => producers.reduce((total, one) => total + of(one), 0);
  const lost = sum(lostOf);
  const word = code === EXIT.delivered ? 'ok' : lost === 0 && isInterrupted ? 'interrupted' : 'FAILED';
  const recovered = sum((one) => one.recovered);
  const all = counted(sum((one) => one.accepted) + recovered, 'message');
  const earlier = recovered === 0 ? '' : `, ${recovered} of them from the spool of an earlier run`;
  const delivered = `${sum((one) => one.delivered)} of ${all} delivered${earlier}`;
  const spooled = sum((one) => one.spooled);
  const why = failed === undefined ? '' : FAILED[failed];
  return `${word}: ${why}${delivered}${spooled === 0 ? '' : `, ${spooled} in the spool`}`;
}
