/**
 * The metrics of all producers in one registry. Values are read when the registry is scraped, so a message costs nothing here. All values
 * that a producer has in one scrape are of one snapshot.
 *
 *     registry ──collects──► metric ──samples──► Exporter ──one snapshot a producer and scrape──► producers
 */

import { ConfigError } from '../../shared/errors.ts';
import type { Snapshot } from '../snapshot.ts';
import { BUCKETS, DEFINITIONS, type Definition } from './definitions.ts';
import { lastSnapshot } from './last-snapshot.ts';
import { labelsOf, type MetricsOptions } from './options.ts';
import type { PromClient, PromRegistry, Sample } from './prom-client.ts';

/** A producer as its metrics see it. */
export interface Measured {
  readonly name: string;
  readonly kind: string;
  snapshot(): Snapshot;
}

/** A producer as the operations endpoint sees it. */
export interface Operable extends Measured {
  /** Why the last attempt failed; undefined once messages are delivered again. */
  lastError(): Error | undefined;
  /** Whether a message of ordinary size would wait or be refused now. */
  isFull(): boolean;
}

interface ExportedProducer extends Pick<Measured, 'snapshot'> {
  readonly labels: Readonly<Record<string, string>>;
}

/** One snapshot of each producer, and the metrics that were read from it. */
interface Scrape {
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly read: Set<string>;
}

const exporters = new WeakMap<PromRegistry, Exporter>();

/**
 * Exports the figures of producers, all or none. Several runtimes may do so in one registry.
 * @throws ConfigError if the registry has a metric of the same name, or a producer with the same labels
 */
export function exportMetrics(options: MetricsOptions, producers: readonly Measured[]): void {
  const { client, registry = client.register } = options;
  const exporter = exporters.get(registry) ?? new Exporter(client, registry);
  exporter.add(
    producers.map((producer) => ({
      labels: labelsOf(producer, options),
      snapshot: lastSnapshot(() => producer.snapshot()),
    })),
  );
  exporters.set(registry, exporter);
}

/** Returns a text that identifies the labels, whatever their order. */
const keyOf = (labels: ExportedProducer['labels']): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

class Exporter {
  readonly #registry: PromRegistry;
  readonly #metrics: ReadonlyMap<string, object>;
  /** By their labels. */
  readonly #producers = new Map<string, ExportedProducer>();
  #scrape: Scrape | undefined;

  constructor(client: PromClient, registry: PromRegistry) {
    this.#registry = registry;
    this.#metrics = new Map(DEFINITIONS.map((definition) => [definition.name, this.#metric(client, definition)]));
  }

  /**
   * Adds producers. One that has ended keeps its last figures until another one with the same labels replaces it. One that was never started
   * gives way as well, because the constructor of its class may have failed.
   * @throws ConfigError
   */
  add(producers: readonly ExportedProducer[]): void {
    for (const entry of this.#producers.values()) entry.snapshot(); // lets go of those that have ended
    const entries = producers.map((producer) => [keyOf(producer.labels), producer] as const);
    for (const [key, { labels }] of entries) this.#assertFree(key, labels);
    this.#register();
    for (const [key, producer] of entries) this.#producers.set(key, producer);
    this.#scrape = undefined;
  }

  #assertFree(key: string, { producer, kind }: ExportedProducer['labels']): void {
    const there = this.#producers.get(key);
    if (there === undefined || ['created', 'closed'].includes(there.snapshot().state)) return;
    throw new ConfigError(
      `options.metrics: the registry has another producer '${producer}' of kind ${kind}, which was not shut down: give one of them other labels (metrics.labels) or a registry of its own`,
    );
  }

  /**
   * Registers what the registry does not have, because the application may have cleared it. What has ended does not come back then.
   * @throws ConfigError
   */
  #register(): void {
    const missing = [...this.#metrics].filter(([name, metric]) => {
      const there = this.#registry.getSingleMetric(name);
      if (there === undefined || there === metric) return there === undefined;
      throw new ConfigError(
        `options.metrics: the registry has a metric ${name} that is not of this outspool: remove it, or pass another registry (metrics.registry)`,
      );
    });
    for (const [, metric] of missing) this.#registry.registerMetric(metric);
    if (missing.length < this.#metrics.size) return;
    for (const [key, entry] of this.#producers) if (entry.snapshot().state === 'closed') this.#producers.delete(key);
  }

  /**
   * Makes a metric of prom-client that computes its values when it is read. Its own methods could neither set a counter nor the buckets of a
   * histogram. `name` is read late, because a registry of OpenMetrics renames counters.
   */
  #metric(client: PromClient, { type, name, help, labelNames, aggregator, read }: Definition): object {
    const Metric = client[type];
    const configuration = { name, help, aggregator, labelNames: ['producer', 'kind', ...labelNames], registers: [] };
    const metric = new Metric(type === 'Histogram' ? { ...configuration, buckets: [...BUCKETS] } : configuration);
    const get = async () => ({
      ...{ help, aggregator, type: type.toLowerCase() },
      name: (metric as { readonly name?: string }).name ?? name,
      values: this.#samples(name, read),
    });
    return Object.assign(metric, { get, getForPromString: get });
  }

  #samples(name: string, read: Definition['read']): Sample[] {
    const samples: Sample[] = [];
    for (const [key, snapshot] of this.#snapshotsFor(name)) {
      const labels = this.#producers.get(key)?.labels;
      for (const sample of read(snapshot)) samples.push({ ...sample, labels: { ...labels, ...sample.labels } });
    }
    return samples;
  }

  /** Returns the snapshots of the scrape that is under way. A metric that is read a second time belongs to another scrape. */
  #snapshotsFor(name: string): Scrape['snapshots'] {
    if (this.#scrape === undefined || this.#scrape.read.has(name)) this.#begin();
    const { snapshots, read } = this.#scrape as unknown as Scrape;
    read.add(name);
    return snapshots;
  }

  /** The snapshots last for one stretch of code without an await, in which prom-client asks every metric. */
  #begin(): void {
    const snapshots = new Map([...this.#producers].map(([key, entry]) => [key, entry.snapshot()]));
    const scrape: Scrape = { snapshots, read: new Set() };
    this.#scrape = scrape;
    queueMicrotask(() => {
      if (this.#scrape === scrape) this.#scrape = undefined;
    });
  }
}
