/** The option `telemetry`, which passes in OpenTelemetry. */

import { ConfigError } from '../../shared/errors.ts';
import { describe } from '../../shared/message/refusal.ts';
import { assertNames } from '../known-options.ts';
import type { OpenTelemetryApi } from './opentelemetry.ts';

/** The module `@opentelemetry/api`, version 1.9 or later. Its parts are checked when it is passed in. */
export interface OpenTelemetryModule {
  readonly context: object;
  readonly metrics: object;
  readonly propagation: object;
  readonly trace: object;
}

/** Traces and metrics through OpenTelemetry. */
export interface TelemetryOptions {
  /** The module `@opentelemetry/api`. Its global providers, context manager and propagator are used. */
  readonly api: OpenTelemetryModule;
  /** Whether sampled messages have spans, and each message carries its context in its headers. @default true */
  readonly traces?: boolean;
  /** Whether figures are exported. @default true */
  readonly metrics?: boolean;
}

/** Options whose API has the parts that are used. */
export type CheckedTelemetry = Omit<TelemetryOptions, 'api'> & { readonly api: OpenTelemetryApi };

const PARTS = [
  'context',
  'metrics',
  'propagation',
  'trace',
  'ProxyTracerProvider',
  'ROOT_CONTEXT',
  'SpanKind',
  'SpanStatusCode',
] as const;

/** @throws ConfigError with what is wrong, in one line */
export function assertTelemetry(telemetry: TelemetryOptions): asserts telemetry is CheckedTelemetry {
  assertNames(telemetry, 'options.telemetry', ['api', 'traces', 'metrics']);
  const { api } = telemetry;
  const missing = PARTS.some((name) => Object(Object(api)[name]) !== Object(api)[name]);
  if (missing || typeof Object(api).isSpanContextValid !== 'function')
    throw new ConfigError(
      `options.telemetry.api: expected the module @opentelemetry/api (import * as api from '@opentelemetry/api'), got ${describe(api)}`,
    );
  for (const key of ['traces', 'metrics'] as const)
    if (telemetry[key] !== undefined && typeof telemetry[key] !== 'boolean')
      throw new ConfigError(`options.telemetry.${key}: expected true or false, got ${describe(telemetry[key])}`);
}
