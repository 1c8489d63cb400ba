/** A producer that the command works with: built from its definition, started, and shut down. */

import type { LoadedProducer } from '../config/load.ts';
import type { WaitOptions } from '../engine/waiting.ts';
import { asError, ConfigError, ConnectError } from '../errors.ts';
import { type AnyProducer, ProducerRuntime } from '../runtime.ts';
import { oneLine, wrongAt } from './exit.ts';
import { CommandLog } from './log.ts';

export interface Subject {
  readonly name: string;
  readonly kind: string;
  readonly definition: LoadedProducer;
  readonly producer: AnyProducer;
  readonly log: CommandLog;
}

/** @throws UsageError at the place of the definition, when the class cannot be built */
export async function buildSubject(definition: LoadedProducer, { verbose = false } = {}): Promise<Subject> {
  const log = new CommandLog(verbose);
  const name = String(definition.config.name);
  try {
    const { producers } = await ProducerRuntime.fromDefinitions([definition], { logger: log });
    return { name, kind: definition.kind, definition, producer: producers[0] as AnyProducer, log };
  } catch (error) {
    throw cannotStart(definition, error);
  }
}

/** @throws ConnectError; UsageError at the place of the definition, when its class cannot be built in the worker */
export async function startSubject({ definition, producer, log }: Subject, wait: WaitOptions): Promise<void> {
  try {
    await log.mutedDuring(() => producer.start(wait));
  } catch (error) {
    throw error instanceof ConnectError ? error : cannotStart(definition, error);
  }
}

/** What is wrong is not the network: somebody has to change the definition or the module. */
function cannotStart({ at, config }: LoadedProducer, thrown: unknown): Error {
  const error = asError(thrown);
  const what = error instanceof ConfigError ? error.message : `${error.name}: ${error.message}`;
  return wrongAt(at, `producer '${config.name}' cannot be started: ${oneLine(what)}`);
}
