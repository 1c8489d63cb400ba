/** The option `metrics`: checks it, and makes the labels of a producer of it. */

import { ConfigError } from '../../shared/errors.ts';
import { describe } from '../../shared/message/refusal.ts';
import { assertNames } from '../known-options.ts';
import type { PromClient, PromRegistry } from './prom-client.ts';

/** Exports the figures of producers through `prom-client`, which reads them when it is scraped. */
export interface MetricsOptions {
  /** The module `prom-client`, version 14 or later. */
  readonly client: PromClient;
  /** The registry that gets the metrics. @default `client.register` */
  readonly registry?: PromRegistry;
  /** Further labels of every series, such as `{ service: 'checkout' }`. @default none */
  readonly labels?: Readonly<Record<string, string | number>>;
}

/** A label's name, as Prometheus allows it. Names that begin with two underscores are its own. */
const LABEL = /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/;

/** The labels that the metrics have themselves. */
const TAKEN: readonly string[] = [
  ...['producer', 'kind', 'outcome', 'place', 'result', 'reason_class', 'le', 'version', 'node'],
  ...['job', 'instance'], // Prometheus sets them
];

const CLASSES = ['Counter', 'Gauge', 'Histogram'] as const;

/** @throws ConfigError with what is wrong, in one line */
export function assertMetrics(metrics: MetricsOptions): void {
  assertNames(metrics, 'options.metrics', ['client', 'registry', 'labels']);
  const { client, registry, labels = {} } = metrics;
  if (CLASSES.some((name) => typeof Object(client)[name] !== 'function') || !isRegistry(client.register))
    throw new ConfigError(
      `options.metrics.client: expected the module prom-client (import client from 'prom-client'), got ${describe(client)}`,
    );
  if (registry !== undefined && !isRegistry(registry))
    throw new ConfigError(`options.metrics.registry: expected a Registry of prom-client, got ${describe(registry)}`);
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    throw new ConfigError(`options.metrics.labels: expected an object of labels, got ${describe(labels)}`);
  for (const [name, value] of Object.entries(labels)) assertLabel(name, value);
}

const isRegistry = (given: unknown): boolean =>
  ['registerMetric', 'getSingleMetric'].every((name) => typeof Object(given)[name] === 'function');

function assertLabel(name: string, value: unknown): void {
  const at = `options.metrics.labels: '${name}'`;
  if (TAKEN.includes(name)) throw new ConfigError(`${at} is a label of the metrics themselves: choose another name`);
  if (!LABEL.test(name))
    throw new ConfigError(`${at} is no name for a label: letters, digits and _, no digit first, no __ first`);
  if (typeof value !== 'string' && !Number.isFinite(value))
    throw new ConfigError(`${at}: expected a text or a number, got ${describe(value)}`);
}

/** Returns the labels of every series of a producer. */
export function labelsOf(
  producer: { readonly name: string; readonly kind: string },
  { labels = {} }: MetricsOptions,
): Record<string, string> {
  const given = Object.entries(labels).map(([name, value]) => [name, wellFormed(String(value))]);
  return { producer: producer.name, kind: wellFormed(producer.kind), ...Object.fromEntries(given) };
}

/** Replaces half of a surrogate pair, which UTF-8 cannot express, as an encoder would. */
const wellFormed = (text: string): string => Buffer.from(text).toString();
