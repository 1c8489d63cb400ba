/** Producers from a YAML file, together: built, found by name, and shut down at once. */

import type { z } from 'zod';
import type { BaseProducer, ProducerOptions } from './base-producer.ts';
import { type LoadedProducer, loadProducers } from './config/load.ts';
import { didYouMean } from './config/nearest.ts';
import type { ShutdownOutcome } from './engine/options.ts';
import type { DurationInput } from './engine/wait-options.ts';
import { OutspoolError } from './errors.ts';
import { type LoadedClass, loadCustomClass } from './producers/custom.ts';
import { inspector, KIND_SCHEMAS, KINDS } from './producers/registry.ts';

/** A producer of whatever kind. */
export type AnyProducer = BaseProducer<z.ZodObject>;

/** Options of every producer of a runtime; the environment that references in the YAML are read from. */
export interface RuntimeOptions extends Omit<ProducerOptions, 'module' | 'exportName'> {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Reads and checks a file of definitions without building anything. @throws ConfigError with everything that is wrong */
export async function loadDefinitions(
  file: string,
  { env, ...options }: Pick<RuntimeOptions, 'env' | 'allowUnsafeClient'> = {},
): Promise<LoadedProducer[]> {
  return loadProducers(file, {
    ...(env !== undefined && { env }),
    kinds: KIND_SCHEMAS,
    inspector: (kind) => inspector(kind, options),
    customSchema: async (location) => {
      const context = await loadCustomClass(location);
      const { Class } = context;
      return { schema: Class.config, context, inspect: (config) => Class.inspect(config, options) };
    },
  });
}

export class ProducerRuntime {
  readonly #producers: ReadonlyMap<string, AnyProducer>;

  private constructor(producers: ReadonlyMap<string, AnyProducer>) {
    this.#producers = producers;
  }

  /** Builds the producers of a YAML file. Nothing connects before the first message. @throws ConfigError */
  static async fromFile(file: string, options: RuntimeOptions = {}): Promise<ProducerRuntime> {
    return ProducerRuntime.fromDefinitions(await loadDefinitions(file, options), options);
  }

  /** Builds the producers of definitions that have been loaded. */
  static async fromDefinitions(
    definitions: readonly LoadedProducer[],
    options: RuntimeOptions = {},
  ): Promise<ProducerRuntime> {
    const built = definitions.map(async (definition) => build(definition, options));
    return new ProducerRuntime(new Map((await Promise.all(built)).map((producer) => [producer.name, producer])));
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

  /** Shuts all producers down at the same time; the outcomes by name. */
  async shutdown(timeout?: DurationInput): Promise<Record<string, ShutdownOutcome>> {
    const outcomes = this.producers.map(async (producer) => [producer.name, await producer.shutdown(timeout)] as const);
    return Object.fromEntries(await Promise.all(outcomes));
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
