/** `produce pipe`: runs a pipeline until its sources have ended or a signal comes. */

import type { LoadedFile, LoadedProducer } from '../../config/load.ts';
import { type Routes, routeName } from '../../config/routes/schema.ts';
import { entries } from '../../config/sources/check.ts';
import { buildSource } from '../../pipe/build.ts';
import { Pipeline } from '../../pipe/pipeline.ts';
import { RuntimeSink } from '../../pipe/runtime-sink.ts';
import { ProducerRuntime } from '../../runtime.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { OPERATED } from '../../shared/route-hooks.ts';
import { systemClock } from '../../shared/util/clock.ts';
import { readConfig } from '../configuration.ts';
import { embed } from '../embedded-cluster.ts';
import { CommandLog } from '../log.ts';
import { openOperations } from '../operations.ts';
import { sayIfTooFew } from '../process/descriptor-limit.ts';
import { type ExitCode, UsageError } from '../process/exit.ts';
import { cannotStart } from '../producer-session.ts';
import { deliveries, type ProgressFlags, withProgress } from '../progress/show.ts';
import { demandOther, standardInput } from '../send/input.ts';
import { report } from './report.ts';

export interface PipeOptions extends ProgressFlags {
  readonly config: string;
  readonly embedded?: boolean;
  readonly verbose?: boolean;
  /** Address of the operations endpoint. @default as the file says */
  readonly operations?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export async function pipe(options: PipeOptions): Promise<ExitCode> {
  const file = await readConfig(options.config, options.signal);
  if (file.sources.length === 0)
    throw new UsageError(`${options.config} has no 'sources': docs/pipe.md describes them`);
  if (file.sources.some(({ config }) => config.type === 'stdin')) demandOther(options.config);
  sayIfTooFew(file.producers, file.sources);
  const { definitions, stop } = await embed(file.producers, () => options.embedded === true, '--embedded');
  try {
    return await runPipeline({ ...file, producers: [...definitions] }, options);
  } finally {
    await stop();
  }
}

async function runPipeline(file: LoadedFile, options: PipeOptions): Promise<ExitCode> {
  const { timeoutMs, signal, verbose = false } = options;
  const logger = withoutMessages(new CommandLog(verbose), verbose);
  const routes = file.routes ?? soleRoute(file.producers);
  const runtime = await ProducerRuntime.fromDefinitions(file.producers, { logger }, routes);
  const context = { sink: new RuntimeSink(runtime, routes), logger, clock: systemClock, stdin: standardInput() };
  const sources = file.sources.map((source) => buildSource(source, context));
  const fail = (name: string, error: unknown) => cannotStart(named(name, file.producers), error);
  const pipeline = new Pipeline({ sources, runtime, logger, timeoutMs, signal, cannotStart: fail });
  const operated = { ...runtime[OPERATED], sources: () => pipeline.stats().sources };
  const endpoint = await openOperations(operated, { flag: options.operations, file: file.operations, logger });
  const isTyped = sources.some(({ type }) => type === 'stdin') && process.stdin.isTTY;
  const read = () => deliveries(runtime.producers);
  const watched = { ...options, title: 'pipe', read, definitions: file.producers, isTyped };
  try {
    const outcome = await withProgress(watched, () => pipeline.run());
    return report({ outcome, sources, runtime, definitions: file.producers }, options);
  } finally {
    await endpoint?.close();
  }
}

const named = (name: string, definitions: readonly LoadedProducer[]): LoadedProducer =>
  definitions.find(({ config }) => config.name === name) as LoadedProducer;

/** Returns a route for every message to the only producer that does not take the dead letters of others. */
function soleRoute(definitions: readonly LoadedProducer[]): Routes {
  const to = entries(definitions.map(({ config }) => config)).map(({ name }) => String(name));
  return { routes: [{ name: routeName(undefined, 0), when: undefined, to, fallback: [] }], unmatched: 'error' };
}

/** Removes log lines about single messages. Every outcome is counted, or reported to its client. */
function withoutMessages(log: Logger, verbose: boolean): Logger {
  if (verbose) return log;
  return {
    ...log,
    error: (fields, message) => (fields.subject === undefined ? log.error(fields, message) : undefined),
  };
}
