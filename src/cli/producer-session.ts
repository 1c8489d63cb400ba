/** A producer that a command builds from its definition, starts and shuts down. */

import type { DeadLetterTarget } from '../caller/dead-letters/dead-letter.ts';
import { type CallerWaitOptions, exactly } from '../caller/wait-options.ts';
import type { LoadedProducer } from '../config/load.ts';
import { type AnyProducer, ProducerRuntime } from '../runtime.ts';
import { errorText } from '../shared/error-text.ts';
import { asError, ConfigError, ConnectError } from '../shared/errors.ts';
import { oneLine } from '../shared/util/one-line.ts';
import { CommandLog } from './log.ts';
import { wrongAt } from './process/exit.ts';
import { beside } from './standalone-definition.ts';

export interface Subject {
  readonly name: string;
  readonly kind: string;
  readonly definition: LoadedProducer;
  readonly producer: AnyProducer;
  readonly log: CommandLog;
  /** Shuts the producer down, and then those that take its dead letters. */
  close(ms: number): Promise<unknown>;
}

export interface SubjectOptions {
  readonly verbose?: boolean;
  /** The producers that take its dead letters. @default none; messages that it cannot deliver are logged and dropped */
  readonly targets?: readonly LoadedProducer[];
  /** Takes its dead letters instead of the target in the definition. The command then prints a line about each of them. */
  readonly deadLetter?: DeadLetterTarget;
  /** Whether no message is sent. Then the configured transactional id is kept, which is the one to check. @default false */
  readonly onlyChecks?: boolean;
}

/** @throws UsageError at the location of the definition, when the class cannot be built */
export async function buildSubject(definition: LoadedProducer, options: SubjectOptions = {}): Promise<Subject> {
  const { verbose = false, targets, deadLetter, onlyChecks } = options;
  const log = new CommandLog(verbose, { reportsEach: deadLetter !== undefined });
  const definitions = (targets === undefined ? [alone(definition)] : [definition, ...targets]).map((one) =>
    beside(one, onlyChecks),
  );
  const name = String(definition.config.name);
  try {
    const runtime = await ProducerRuntime.fromDefinitions(definitions, {
      logger: log,
      ...(deadLetter && { deadLetter }),
    });
    const close = (ms: number) => runtime.shutdown(exactly(ms));
    return { name, kind: definition.kind, definition, producer: runtime.producers[0] as AnyProducer, log, close };
  } catch (error) {
    throw cannotStart(definition, error);
  }
}

/** Removes the dead letter settings, because a trial must not write where real dead letters are kept. */
function alone(definition: LoadedProducer): LoadedProducer {
  const { dead_letter: _, on_shutdown: __, ...config } = definition.config;
  return { ...definition, config };
}

/** Returns the producers that may get a dead letter of this one, in order. */
export function targetsOf({ config }: LoadedProducer, definitions: readonly LoadedProducer[]): LoadedProducer[] {
  const { producer: name } = Object(config.dead_letter) as { producer?: unknown };
  const target = definitions.find((one) => name !== undefined && one.config.name === name);
  return target === undefined ? [] : [target, ...targetsOf(target, definitions)];
}

/** @throws ConnectError; UsageError at the location of the definition, when its class cannot be built in the worker */
export async function startSubject({ definition, producer, log }: Subject, wait: CallerWaitOptions): Promise<void> {
  try {
    await log.mutedDuring(() => producer.start(wait));
  } catch (error) {
    throw error instanceof ConnectError ? error : cannotStart(definition, error);
  }
}

/** Returns the error of a producer that can never start: the definition or the module must be changed. */
export function cannotStart({ at, config }: LoadedProducer, thrown: unknown): Error {
  const error = asError(thrown);
  const what = error instanceof ConfigError ? error.message : `${error.name}: ${errorText(error)}`;
  return wrongAt(at, `producer '${config.name}' cannot be started: ${oneLine(what)}`);
}
