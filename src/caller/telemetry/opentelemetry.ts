/** The parts of `@opentelemetry/api` that are used. The caller passes it in, so that this package neither depends on it nor loads it. */

import { OUTSPOOL_VERSION } from '../../shared/version.ts';

/** `Context` of the API, which is never looked into. */
export interface TraceContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): TraceContext;
  deleteValue(key: symbol): TraceContext;
}

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

export interface Span {
  isRecording(): boolean;
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

export interface SpanOptions {
  kind: number;
  attributes: Attributes;
  links: { context: SpanContext }[];
  /** In ms since 1970. @default now */
  startTime?: number;
}

export interface Tracer {
  startSpan(name: string, options: SpanOptions, parent: TraceContext): Span;
}

/** What the propagators read headers from, and write them to. */
export type Carrier = [name: string, value: string][];

/** A metric whose values are read when it is collected. */
export type Observable = object;

export interface ObservableResult {
  observe(metric: Observable, value: number, attributes: Attributes): void;
}

export interface MetricOptions {
  description: string;
  unit: string;
  advice?: { explicitBucketBoundaries: number[] };
}

export interface Histogram {
  record(value: number, attributes: Attributes): void;
}

export interface Meter {
  createHistogram(name: string, options: MetricOptions): Histogram;
  createObservableCounter(name: string, options: MetricOptions): Observable;
  createObservableGauge(name: string, options: MetricOptions): Observable;
  addBatchObservableCallback(callback: (result: ObservableResult) => void, metrics: Observable[]): void;
}

/** The module `@opentelemetry/api`. */
export interface OpenTelemetryApi {
  readonly ROOT_CONTEXT: TraceContext;
  readonly SpanKind: { readonly CLIENT: number; readonly PRODUCER: number };
  readonly SpanStatusCode: { readonly ERROR: number };
  readonly context: {
    active(): TraceContext;
    with<T>(context: TraceContext, call: () => T): T;
  };
  readonly propagation: {
    inject(context: TraceContext, carrier: Carrier, setter: CarrierSetter): void;
    extract(context: TraceContext, carrier: Carrier, getter: CarrierGetter): TraceContext;
    fields(): string[];
  };
  readonly ProxyTracerProvider: new () => { getDelegate(): object };
  readonly trace: {
    getTracerProvider(): object;
    getTracer(name: string, version: string): Tracer;
    setSpan(context: TraceContext, span: Span): TraceContext;
    getSpanContext(context: TraceContext): SpanContext | undefined;
  };
  readonly metrics: {
    getMeter(name: string, version: string): Meter;
    getMeterProvider(): object;
  };
  isSpanContextValid(context: SpanContext): boolean;
}

export interface CarrierSetter {
  set(carrier: Carrier, name: string, value: string): void;
}

export interface CarrierGetter {
  keys(carrier: Carrier): string[];
  get(carrier: Carrier, name: string): string | undefined;
}

/** Whether the application has registered a provider of tracers or a propagator, so that there is something to do. */
export function isRegistered({ trace, propagation, ProxyTracerProvider }: OpenTelemetryApi): boolean {
  const provider = trace.getTracerProvider();
  const isProxy = provider instanceof ProxyTracerProvider;
  const hasTracers = !isProxy || provider.getDelegate() !== new ProxyTracerProvider().getDelegate();
  return hasTracers || propagation.fields().length > 0;
}

const NAME = 'outspool';

export const tracerOf = (api: OpenTelemetryApi): Tracer => api.trace.getTracer(NAME, OUTSPOOL_VERSION);

export const meterOf = (api: OpenTelemetryApi): Meter => api.metrics.getMeter(NAME, OUTSPOOL_VERSION);
