/** Options that a producer gets from code, in addition to its configuration. */

import type { ResourceLimits } from 'node:worker_threads';
import { ConfigError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import { FALLBACK, SECRETS } from '../shared/route-hooks.ts';
import { didYouMean } from '../shared/util/did-you-mean.ts';
import type { DeadLetterTarget, Fallback } from './dead-letters/dead-letter.ts';
import { assertMetrics, type MetricsOptions } from './metrics/options.ts';
import type { SettledListener } from './settlement/settlement.ts';
import { assertTelemetry, type TelemetryOptions } from './telemetry/options.ts';

export interface ProducerOptions {
  /** @default pino on stderr, level from OUTSPOOL_LOG_LEVEL or `info` */
  readonly logger?: Logger;
  /** Takes the messages that cannot be delivered. @default the target in `dead_letter`; without one they are logged and dropped */
  readonly deadLetter?: DeadLetterTarget;
  /**
   * Called on the caller's thread for every settled message. `error` is null for a delivered message. If the class overrides
   * `deliveryReport`, that is called first. An error that it throws is logged and has no other effect. @default none
   */
  readonly deliveryReport?: SettledListener;
  /**
   * Exports the counters and states to Prometheus. Values are read when the registry is scraped.
   * @default none
   * @example { client, labels: { service: 'checkout' } } // import client from 'prom-client'
   */
  readonly metrics?: MetricsOptions;
  /**
   * Makes a span for each message that is sampled, writes the context of the trace into the headers of every message, and exports figures.
   * @default none, and nothing of OpenTelemetry is loaded
   * @example { api } // import * as api from '@opentelemetry/api'
   */
  readonly telemetry?: TelemetryOptions;
  /** @internal The fallbacks of the runtime's routes. */
  readonly [FALLBACK]?: Fallback;
  /** @internal Secrets of the configuration that came by references. */
  readonly [SECRETS]?: readonly string[];
  /** Limits of the worker thread, as in node:worker_threads. */
  readonly resourceLimits?: ResourceLimits;
  /**
   * Number of `nice` levels (0 to 19, Linux only) by which the worker's threads step back where cores are contended. It keeps the caller's
   * event loop free. @default 10
   */
  readonly niceness?: number;
  /**
   * Lets `client:` of a Kafka producer load code, run commands and stand in for brokers. Use it only for a configuration that no other
   * person or program can write to. @default false
   */
  readonly allowUnsafeClient?: boolean;
  /** The module that exports the class, if the class has no `static module`. */
  readonly module?: string;
  /** The export's name in that module. @default found by the class's name */
  readonly exportName?: string;
}

/** Checks the options, because with a dead-letter target that is no function, messages would be dropped silently. @throws ConfigError */
export function assertOptions(options: ProducerOptions): void {
  if (typeof options !== 'object' || options === null) throw new ConfigError('options: expected an object');
  if (options.deadLetter !== undefined && typeof options.deadLetter !== 'function')
    throw new ConfigError('options.deadLetter: expected a function that takes a dead letter');
  if (options.deliveryReport !== undefined && typeof options.deliveryReport !== 'function')
    throw new ConfigError('options.deliveryReport: expected a function that takes an error (or null) and a report');
  if (options.metrics !== undefined) assertMetrics(options.metrics);
  if (options.telemetry !== undefined) assertTelemetry(options.telemetry);
  const strange = Object.keys(options).find((key) => !OPTION_KEYS.some((known) => known === key));
  if (strange !== undefined)
    throw new ConfigError(
      `options: unknown key '${strange}'${didYouMean(strange, OPTION_KEYS)}, expected ${OPTION_KEYS.join(', ')}`,
    );
}

export const OPTION_KEYS: readonly Extract<keyof ProducerOptions, string>[] = [
  'logger',
  'deadLetter',
  'deliveryReport',
  'metrics',
  'telemetry',
  'resourceLimits',
  'niceness',
  'allowUnsafeClient',
  'module',
  'exportName',
];
