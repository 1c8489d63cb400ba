/** The option `telemetry`, which passes in OpenTelemetry. */

import { ConfigError } from '../../shared/errors.ts';
import { describe } from '../../shared/message/refusal.ts';
import { assertNames } from '../known-options.ts';
import type { OpenTelemetryApi } from './opentelemetry.ts';

/** Makes spans through OpenTelemetry, and writes the context of each message into its headers. */
export interface TelemetryOptions {
  /** The module `@opentelemetry/api`, version 1. Its global tracer provider, context manager and propagator are used. */
  readonly api: OpenTelemetryApi;
}

const PARTS = ['context', 'propagation', 'trace', 'ROOT_CONTEXT', 'SpanKind', 'SpanStatusCode'] as const;

/** @throws ConfigError with what is wrong, in one line */
export function assertTelemetry(telemetry: TelemetryOptions): void {
  assertNames(telemetry, 'options.telemetry', ['api']);
  const { api } = telemetry;
  const missing = PARTS.some((name) => Object(Object(api)[name]) !== Object(api)[name]);
  if (missing || typeof api.isSpanContextValid !== 'function')
    throw new ConfigError(
      `options.telemetry.api: expected the module @opentelemetry/api (import * as api from '@opentelemetry/api'), got ${describe(api)}`,
    );
}
