/** All producers of a YAML file: built together, found by name or by a message's route, and shut down together. */

import type { z } from 'zod';
import {
  type BaseProducer,
  DEFAULT_FLUSH_MS,
  DEFAULT_SHUTDOWN_MS,
  type ProduceOptions,
  type PublishOptions,
  published,
} from './caller/base-producer.ts';
import type { CheckOptions, CheckReport } from './caller/check/check.ts';
import type { DeadLetterTarget } from './caller/dead-letters/dead-letter.ts';
import { assertKnown, assertNames } from './caller/known-options.ts';
import { exportMetrics } from './caller/metrics/exporter.ts';
import { assertMetrics } from './caller/metrics/options.ts';
import { OPTION_KEYS, type ProducerOptions } from './caller/producer-options.ts';
import type { ShutdownOutcome } from './caller/settlement/accounting.ts';
import type { DeliveryReport } from './caller/settlement/report.ts';
import type { Stats } from './caller/stats.ts';
import { UnitHint } from './caller/unit-hint.ts';
import {
  type CallerWaitOptions,
  checkedMs,
  checkedWait,
  type DurationInput,
  exactly,
  inExactly,
} from './caller/wait-options.ts';
import { type LoadedFile, type LoadedProducer, type LoadOptions, loadFile } from './config/load.ts';
import { type Routes, routeName } from './config/routes/schema.ts';
import { maskOf } from './config/secrets/mask.ts';
import { type LoadedClass, loadCustomClass } from './kinds/custom.ts';
import { FILE_CHECKS, inspector, KIND_SCHEMAS, KINDS } from './kinds/registry.ts';
import { OperationsEndpoint } from './operations/endpoint.ts';
import type { Handler, HandlerOptions } from './operations/handler.ts';
import type { Operated } from './operations/operated.ts';
import { assertHandlerOptions } from './operations/options.ts';
import { DeadLetterLinks } from './routing/dead-letter-links.ts';
import { Fallbacks } from './routing/fallbacks.ts';
import { type RouteCounts, Router } from './routing/router.ts';
import { asError, ConfigError, OutspoolError, UnroutedError } from './shared/errors.ts';
import { defaultLogger, type Logger, safeLogger } from './shared/log/logger.ts';
import { type Mask, maskedData } from './shared/log/masking.ts';
import type { MessageOf, Sendable } from './shared/message/message.ts';
import { describe } from './shared/message/refusal.ts';
import { ONE_THREAD } from './shared/modules/one-thread.ts';
import { FALLBACK, MEASURED, OPERATED, SECRETS } from './shared/route-hooks.ts';
import { didYouMean } from './shared/util/did-you-mean.ts';
import type { WaitOptions } from './shared/util/wait.ts';

/** A producer of any kind. */
export type AnyProducer = BaseProducer<z.ZodObject>;

/** Options for every producer of a runtime, and the environment for the references in the YAML. */
export interface RuntimeOptions extends Omit<ProducerOptions, 'module' | 'exportName'> {
  /** Takes the dead letters of the producers that have no `dead_letter` of their own. @default none */
  readonly deadLetter?: DeadLetterTarget;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `false` opens no operations endpoint, whatever the file says. Only `fromFile` opens one. @default as the file says */
  readonly operations?: false;
}

type LoadingOptions = Pick<RuntimeOptions, 'env' | 'allowUnsafeClient' | 'deadLetter'> & Pick<LoadOptions, 'read'>;

/** Reads and checks a file without building anything. @throws ConfigError with every problem of the file */
export async function loadConfig(file: string, { env, read, ...options }: LoadingOptions = {}): Promise<LoadedFile> {
  if (typeof file !== 'string' || file === '') throw noPath(file);
  return loadFile(file, {
    ...(env !== undefined && { env }),
    ...(read !== undefined && { read }),
    kinds: KIND_SCHEMAS,
    fileChecks: FILE_CHECKS,
    deadLetter: options.deadLetter !== undefined,
    inspector: (kind) => inspector(kind, options),
    customSchema: async (location) => {
      const context = await loadCustomClass(location);
      const { Class } = context;
      return { schema: Class.config, context, inspect: (config) => Class.inspect(config, options) };
    },
  });
}

const noPath = (file: unknown): Error =>
  new ConfigError(
    `expected the path of a YAML file, such as 'config/producers.yaml', got ${describe(file)}${file instanceof URL ? ': fileURLToPath(url) makes a path of it' : ''}`,
  );

const NOT_BY_NEW = 'new ProducerRuntime() makes no runtime: use `await ProducerRuntime.fromFile(file)`';

function assertDefinitions(definitions: unknown): void {
  const isList =
    Array.isArray(definitions) && definitions.every((one) => Object(Object(one).config) === Object(one).config);
  if (!isList) throw new ConfigError('fromDefinitions: expected the list that `await loadDefinitions(file)` returns');
}

/** Options that only the producers of classes without a `static module` need, which a YAML file names itself. */
const OF_ONE_CLASS: readonly string[] = ['module', 'exportName'];
const RUNTIME_OPTIONS = [...OPTION_KEYS.filter((key) => !OF_ONE_CLASS.includes(key)), 'operations', 'env'];

/** Share of the shutdown time that is reserved for producers that take dead letters of others, or are their fallbacks. */
const TARGETS_SHARE = 0.2;

/** State of a runtime at one moment. */
export interface RuntimeStats extends RouteCounts {
  /** Statistics by the producer's name. */
  readonly producers: Readonly<Record<string, Stats>>;
}

interface Parts {
  readonly producers: ReadonlyMap<string, AnyProducer>;
  readonly links: DeadLetterLinks;
  readonly router: Router | undefined;
  readonly operated: Operated;
  logger(): Logger;
}

export class ProducerRuntime {
  /** @internal */
  protected readonly thread = ONE_THREAD;
  readonly #producers: ReadonlyMap<string, AnyProducer>;
  readonly #links: DeadLetterLinks;
  readonly #router: Router | undefined;
  readonly #unitHint: UnitHint;
  readonly #operated: Operated;
  readonly #logger: () => Logger;
  #endpoint: OperationsEndpoint | undefined;
  #isOver = false;

  private constructor(parts: Parts) {
    if (!(parts?.producers instanceof Map)) throw new OutspoolError(NOT_BY_NEW);
    const { producers, links, router, operated, logger } = parts;
    this.#operated = operated;
    this.#logger = logger;
    this.#unitHint = new UnitHint(logger);
    this.#producers = producers;
    this.#links = links;
    this.#router = router;
  }

  /**
   * Builds the producers of a YAML file, and opens its operations endpoint, if it has one. Nothing connects before the first message.
   * @throws ConfigError
   */
  static async fromFile(file: string, options: RuntimeOptions = {}): Promise<ProducerRuntime> {
    assertNames(options, 'fromFile', RUNTIME_OPTIONS);
    const { producers, routes, operations, warnings } = await loadConfig(file, options);
    for (const warning of warnings) (options.logger ?? defaultLogger()).warn({}, warning);
    const runtime = await ProducerRuntime.#built(producers, options, routes);
    if (operations !== undefined && options.operations !== false)
      await runtime.#operations.listen(operations.config, operations.at);
    try {
      return runtime.#exported();
    } catch (error) {
      await runtime.#endpoint?.close();
      throw error;
    }
  }

  /** Builds the producers of loaded definitions. Without routes, a single producer gets every message. */
  static async fromDefinitions(
    definitions: readonly LoadedProducer[],
    options: RuntimeOptions = {},
    routes?: Routes,
  ): Promise<ProducerRuntime> {
    return (await ProducerRuntime.#built(definitions, options, routes)).#exported();
  }

  static async #built(
    definitions: readonly LoadedProducer[],
    given: RuntimeOptions,
    givenRoutes: Routes | undefined,
  ): Promise<ProducerRuntime> {
    assertDefinitions(definitions);
    const routes = givenRoutes ?? soleRoute(definitions);
    assertNames(given, 'fromDefinitions', RUNTIME_OPTIONS);
    const { deadLetter: otherwise, metrics, operations: _, ...options } = given;
    if (metrics !== undefined) assertMetrics(metrics);
    const producers = new Map<string, AnyProducer>();
    const find = (name: string) => producers.get(name) as AnyProducer;
    const links = new DeadLetterLinks(definitions, routes?.routes);
    const fallbacks = routes && new Fallbacks(routes, find);
    const built = definitions.map(async (definition) => {
      const deadLetter = links.target(definition, find, otherwise);
      const fallback = fallbacks && { [FALLBACK]: fallbacks.of(String(definition.config.name)) };
      return build(definition, { ...options, ...(deadLetter && { deadLetter }), ...fallback });
    });
    for (const producer of await Promise.all(built)) producers.set(producer.name, producer);
    const logger = () => safeLogger(options.logger ?? defaultLogger(), (text) => text);
    const router = routes && fallbacks && new Router(routes, { find, takers: fallbacks.takers, logger });
    const counts = () => router?.counts ?? NO_ROUTES;
    const watched = { mask: maskOfAll(definitions), deadLetterFiles: deadLetterFilesOf(definitions) };
    const operated = { producers: measuredOf(producers), routes, counts, metrics, ...watched };
    return new ProducerRuntime({ logger, producers, links, router, operated });
  }

  /** Comes last, so that the registry has no figures of a runtime that could not be made, or whose endpoint cannot listen. */
  #exported(): this {
    const { metrics } = this.#operated;
    if (metrics !== undefined) exportMetrics(metrics, measuredOf(this.#producers));
    return this;
  }

  /** All producers, in the order of the file. */
  get producers(): readonly AnyProducer[] {
    return [...this.#producers.values()];
  }

  /** Returns the producer of this name. @throws OutspoolError when there is none */
  producer(name: string): AnyProducer {
    if (typeof name !== 'string')
      throw new OutspoolError(`producer: expected a producer's name, got ${describe(name)}`);
    const found = this.#producers.get(name);
    if (found !== undefined) return found;
    throw new OutspoolError(`there is no producer '${name}'${didYouMean(name, [...this.#producers.keys()])}`);
  }

  /**
   * Starts every producer and resolves when all are connected. Messages that an earlier run left in a spool are then being sent;
   * without `start` they wait for a first message. Producers that cannot connect keep trying.
   * @throws ConnectError, or the reason why one producer cannot be started; AggregateError, which names each, when there are
   * several
   */
  async start(options: CallerWaitOptions = {}): Promise<void> {
    assertKnown(options, 'start');
    const wait = inExactly(this.#wait(options));
    const starts = await Promise.allSettled(this.producers.map((producer) => producer.start(wait)));
    const failed = starts.flatMap((start, index) =>
      start.status === 'rejected' ? [{ name: this.producers[index]?.name ?? '', error: asError(start.reason) }] : [],
    );
    if (failed.length > 0) throw startError(failed);
  }

  /**
   * Passes a message to every target of the first route that it matches. Where a target refuses it, the route's fallback gets it.
   * True and false both mean that all of them accepted it. False means that one of them is above its high-water mark.
   * @throws UnroutedError, InvalidMessageError, QueueFullError, ProducerClosedError; then no producer has accepted it
   */
  produce<V>(message: MessageOf<V>, options: ProduceOptions = {}): boolean {
    assertKnown(options, 'produce', message);
    return this.#routes.produce(message, options.isError ?? false);
  }

  /**
   * Resolves when the message is safe with every producer of its route. It waits until all of them have capacity; until then none
   * of them has the message.
   * @throws as `produce`; RouteError where some producers accepted it and others could not write it to their disks
   */
  async enqueue<V>(message: MessageOf<V>, options: ProduceOptions & CallerWaitOptions = {}): Promise<void> {
    assertKnown(options, 'enqueue', message);
    await this.#routes.enqueue(message, options.isError ?? false, this.#wait(options));
  }

  /**
   * Resolves with the delivery reports when every producer of the message's route has delivered it. The list is empty for a
   * message that was dropped because it matches no route.
   * @throws PublishError; RouteError where there are several producers; as `enqueue`
   */
  async send<V>(message: MessageOf<V>, options: ProduceOptions & CallerWaitOptions = {}): Promise<DeliveryReport[]> {
    assertKnown(options, 'send', message);
    return this.#routes.send(message, options.isError ?? false, this.#wait(options));
  }

  /** Sends a message with the topic as the first argument, by the message's route. @throws as `send` */
  async publish<V>(topic: string, value: Sendable<V>, options: PublishOptions = {}): Promise<DeliveryReport[]> {
    const { input, wait } = published(topic, value, options);
    return this.send(input, wait);
  }

  /** Waits until every message accepted so far has settled. Returns, by producer, how many have not settled by the deadline. */
  async flush(
    timeout: DurationInput = DEFAULT_FLUSH_MS,
    options: Pick<CallerWaitOptions, 'signal'> = {},
  ): Promise<Record<string, { remaining: number }>> {
    this.#unitHint.consider('flush', timeout);
    const ms = exactly(checkedMs(timeout));
    return this.#byName((producer) => producer.flush(ms, options));
  }

  /** Runs `check` of all producers at the same time and returns the reports by name. @throws the signal's reason */
  async check(options: CheckOptions = {}): Promise<Record<string, CheckReport>> {
    assertKnown(options, 'check');
    const asked = { ...options, ...inExactly(this.#wait(options)) };
    return this.#byName((producer) => producer.check(asked));
  }

  async #byName<T>(ask: (producer: AnyProducer) => Promise<T>): Promise<Record<string, T>> {
    const answers = this.producers.map(async (producer) => [producer.name, await ask(producer)] as const);
    return Object.fromEntries(await Promise.all(answers));
  }

  /** Resolves with true once every producer is below its high-water mark, with false at the deadline. */
  async waitForRoom(options: CallerWaitOptions = {}): Promise<boolean> {
    assertKnown(options, 'waitForRoom');
    const wait = inExactly(this.#wait(options));
    const rooms = await Promise.all(this.producers.map((producer) => producer.waitForRoom(wait)));
    return rooms.every((hasRoom) => hasRoom);
  }

  #wait(options: CallerWaitOptions): WaitOptions {
    this.#unitHint.consider('timeout', options.timeout);
    return checkedWait(options);
  }

  get #routes(): Router {
    if (this.#router !== undefined) return this.#router;
    const names = [...this.#producers.keys()].join(', ');
    throw new UnroutedError(`there are several producers (${names}) and no routes: add some, or name one of them`);
  }

  /** Returns the state of every producer at this moment, and how many messages took each route. */
  stats(): RuntimeStats {
    const producers = Object.fromEntries(this.producers.map((producer) => [producer.name, producer.stats()]));
    return { producers, ...(this.#router?.counts ?? NO_ROUTES) };
  }

  /**
   * Returns a handler of the operations endpoint for a server of the application. It takes samples for its page until `shutdown`.
   * @throws ConfigError for an option that it does not know, or a wrong value
   */
  operationsHandler(options: HandlerOptions = {}): Handler {
    assertHandlerOptions(options);
    return this.#operations.handler(options);
  }

  /** @internal What the operations endpoint watches. */
  get [OPERATED](): Operated {
    return this.#operated;
  }

  get #operations(): OperationsEndpoint {
    if (this.#endpoint === undefined) {
      this.#endpoint = new OperationsEndpoint(this.#operated, this.#logger());
      if (this.#isOver) void this.#endpoint.close(); // ends its sampling at once
    }
    return this.#endpoint;
  }

  /**
   * Shuts the producers down at the same time, and returns the outcomes by name. Dead letter targets and fallbacks shut down
   * after the producers that send to them. The operations endpoint closes at the end. The deadline covers all of them together.
   */
  async shutdown(timeout: DurationInput = DEFAULT_SHUTDOWN_MS): Promise<Record<string, ShutdownOutcome>> {
    this.#unitHint.consider('shutdown', timeout);
    const end = performance.now() + checkedMs(timeout);
    this.#router?.close();
    const shutdown = (name: string) => {
      const left = end - performance.now();
      return this.producer(name).shutdown(exactly(this.#links.hasTarget(name) ? left * (1 - TARGETS_SHARE) : left));
    };
    try {
      return await this.#links.inOrder([...this.#producers.keys()], shutdown);
    } finally {
      // Comes last, so that the end can be watched, and also where a producer's shutdown fails.
      this.#isOver = true;
      await this.#endpoint?.close(Math.max(0, end - performance.now()));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

const measuredOf = (producers: ReadonlyMap<string, AnyProducer>) =>
  [...producers.values()].map((producer) => producer[MEASURED]);

const NO_ROUTES: RouteCounts = { routes: {}, fallbacks: {}, unmatched: 0 };

/** Returns a function that removes the secrets of all definitions from a text. */
function maskOfAll(definitions: readonly LoadedProducer[]): Mask {
  const masks = definitions.map(({ config, secrets }) => maskOf(config, { also: secrets }));
  return (text) => masks.reduce((left, mask) => mask(left), text);
}

/** Returns the files that the definitions name for dead letters, each once. */
function deadLetterFilesOf(definitions: readonly LoadedProducer[]): string[] {
  const settings = definitions.map(({ config }) => Object(config.dead_letter) as { readonly file?: string });
  return [...new Set(settings.flatMap(({ file }) => file ?? []))];
}

function startError(failed: readonly { readonly name: string; readonly error: Error }[]): Error {
  const [first] = failed;
  if (first !== undefined && failed.length === 1) return first.error;
  const texts = failed.map(({ name, error }) =>
    error.message.includes(name) ? error.message : `${name}: ${error.message}`,
  );
  return new AggregateError(
    failed.map(({ error }) => error),
    `${failed.length} producers are not started: ${texts.join('; ')}`,
  );
}

/** Returns the route of a single producer. Undefined where there are several, because the caller would have to choose. */
function soleRoute(definitions: readonly LoadedProducer[]): Routes | undefined {
  const to = definitions.map(({ config }) => String(config.name));
  return to.length === 1
    ? { routes: [{ name: routeName(undefined, 0), when: undefined, to, fallback: [] }], unmatched: 'error' }
    : undefined;
}

/** Builds one producer. Its errors are masked, because a custom class may quote secrets of the configuration (I9). */
async function build(definition: LoadedProducer, options: RuntimeOptions): Promise<AnyProducer> {
  try {
    return await construct(definition, options);
  } catch (error) {
    throw maskedData(error, maskOf(definition.config, { also: definition.secrets }));
  }
}

async function construct(
  { kind, config, context, secrets }: LoadedProducer,
  options: RuntimeOptions,
): Promise<AnyProducer> {
  const { env: _env, ...given } = options;
  const producerOptions = { ...given, [SECRETS]: secrets };
  if (kind !== 'custom') {
    const Class = await (KINDS[kind] as (typeof KINDS)[string]).load();
    return new Class(config as never, producerOptions);
  }
  const { Class, module, exportName } = context as LoadedClass;
  return new Class(config as never, { ...producerOptions, module, exportName });
}
