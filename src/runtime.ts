/** Producers from a YAML file, together: built, found by name, and shut down at once. */

import type { z } from 'zod';
import { type BaseProducer, DEFAULT_SHUTDOWN_MS } from './base-producer.ts';
import { type LoadedProducer, loadProducers } from './config/load.ts';
import { didYouMean } from './config/nearest.ts';
import type { DeadLetterTarget } from './engine/dead-letter.ts';
import type { ShutdownOutcome } from './engine/options.ts';
import type { ProducerOptions } from './engine/producer-options.ts';
import { checkedMs, type DurationInput } from './engine/wait-options.ts';
import { OutspoolError } from './errors.ts';
import { type LoadedClass, loadCustomClass } from './producers/custom.ts';
import { DeadLetterLinks } from './producers/dead-letter-links.ts';
import { inspector, KIND_SCHEMAS, KINDS } from './producers/registry.ts';

/** A producer of whatever kind. */
export type AnyProducer = BaseProducer<z.ZodObject>;

/** Options of every producer of a runtime; the environment that references in the YAML are read from. */
export interface RuntimeOptions extends Omit<ProducerOptions, 'module' | 'exportName'> {
  /** Takes the dead letters of the producers that have no `dead_letter` of their own. @default none */
  readonly deadLetter?: DeadLetterTarget;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Reads and checks a file of definitions without building anything. @throws ConfigError with everything that is wrong */
export async function loadDefinitions(
  file: string,
  { env, ...options }: Pick<RuntimeOptions, 'env' | 'allowUnsafeClient' | 'deadLetter'> = {},
): Promise<LoadedProducer[]> {
  return loadProducers(file, {
    ...(env !== undefined && { env }),
    kinds: KIND_SCHEMAS,
    deadLetter: options.deadLetter !== undefined,
    inspector: (kind) => inspector(kind, options),
    customSchema: async (location) => {
      const context = await loadCustomClass(location);
      const { Class } = context;
      return { schema: Class.config, context, inspect: (config) => Class.inspect(config, options) };
    },
  });
}

/** Of a shutdown's time, this much is kept for a producer that takes the dead letters of another one. */
const TARGETS_SHARE = 0.2;

export class ProducerRuntime {
  readonly #producers: ReadonlyMap<string, AnyProducer>;
  readonly #links: DeadLetterLinks;

  private constructor(producers: ReadonlyMap<string, AnyProducer>, links: DeadLetterLinks) {
    this.#producers = producers;
    this.#links = links;
  }

  /** Builds the producers of a YAML file. Nothing connects before the first message. @throws ConfigError */
  static async fromFile(file: string, options: RuntimeOptions = {}): Promise<ProducerRuntime> {
    return ProducerRuntime.fromDefinitions(await loadDefinitions(file, options), options);
  }

  /** Builds the producers of definitions that have been loaded. */
  static async fromDefinitions(
    definitions: readonly LoadedProducer[],
    { deadLetter: otherwise, ...options }: RuntimeOptions = {},
  ): Promise<ProducerRuntime> {
    const producers = new Map<string, AnyProducer>();
    const links = new DeadLetterLinks(definitions);
    const built = definitions.map(async (definition) => {
      const deadLetter = links.target(definition, (name) => producers.get(name) as AnyProducer, otherwise);
      return build(definition, { ...options, ...(deadLetter && { deadLetter }) });
    });
    for (const producer of await Promise.all(built)) producers.set(producer.name, producer);
    return new ProducerRuntime(producers, links);
  }

  /** All producers, in the order of the file. */
  get producers(): readonly AnyProducer[] {
    return [...this.#producers.values()];
  }

  /** The producer of this name. @throws OutspoolError when there is none */
  producer(name: string): AnyProducer {
    const found = this.#producers.get(name);
    if (found !== undefined) return found;
    throw new OutspoolError(`there is no producer '${name}'${didYouMean(name, [...this.#producers.keys()])}`);
  }

  /**
   * Shuts all producers down at the same time, but those that take dead letters after those that send them theirs; the
   * outcomes by name. The deadline is one for all of them.
   */
  async shutdown(timeout: DurationInput = DEFAULT_SHUTDOWN_MS): Promise<Record<string, ShutdownOutcome>> {
    const end = performance.now() + checkedMs(timeout);
    const shutdown = (name: string) => {
      const left = Math.max(0, end - performance.now());
      return this.producer(name).shutdown(this.#links.hasTarget(name) ? left * (1 - TARGETS_SHARE) : left);
    };
    return this.#links.inOrder([...this.#producers.keys()], shutdown);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

async function build({ kind, config, context }: LoadedProducer, options: RuntimeOptions): Promise<AnyProducer> {
  const { env: _env, ...producerOptions } = options;
  if (kind !== 'custom') {
    const Class = await (KINDS[kind] as (typeof KINDS)[string]).load();
    return new Class(config as never, producerOptions);
  }
  const { Class, module, exportName } = context as LoadedClass;
  return new Class(config as never, { ...producerOptions, module, exportName });
}
