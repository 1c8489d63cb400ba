/** OpenTelemetry's own SDK in this process: spans end in memory, and everything is unregistered after the test. */

import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';

export interface Registered {
  readonly api: typeof api;
  readonly tracer: api.Tracer;
  /** The ended spans, oldest first. */
  spans(): ReadableSpan[];
  /** Runs `call` within a new span, and ends the span. Returns its context. */
  within(name: string, call: () => unknown): api.SpanContext;
}

interface Options {
  readonly sampler?: Sampler;
  /** Hears of the spans in addition to memory. */
  readonly processor?: SpanProcessor;
}

const TAKES_ALL: Sampler = { shouldSample: () => ({ decision: 2 }), toString: () => 'all' };

/** Registers the SDK globally, as an application does. `unregisterTelemetry` must follow. */
export function registerTelemetry({
  sampler = new ParentBasedSampler({ root: TAKES_ALL }),
  processor,
}: Options = {}): Registered {
  const memory = new InMemorySpanExporter();
  const processors = [new SimpleSpanProcessor(memory), ...(processor === undefined ? [] : [processor])];
  const provider = new BasicTracerProvider({ sampler, spanProcessors: processors });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  api.trace.setGlobalTracerProvider(provider);
  const tracer = api.trace.getTracer('test');
  return {
    api,
    tracer,
    spans: () => memory.getFinishedSpans(),
    within: (name, call) => {
      const span = tracer.startSpan(name);
      api.context.with(api.trace.setSpan(api.context.active(), span), call);
      span.end();
      return span.spanContext();
    },
  };
}

export function unregisterTelemetry(): void {
  api.trace.disable();
  api.context.disable();
  api.propagation.disable();
}
