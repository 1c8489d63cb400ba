/** OpenTelemetry as an application sets it up. Spans end in a batch processor, whose exporter throws them away. */

import * as api from '@opentelemetry/api';

/** `none`: no SDK; `metrics`: collected once a second; else the ratio of sampled messages, from 0 to 1. */
export async function startTelemetry(kind) {
  if (kind === 'metrics') await startMetrics();
  else if (kind !== 'none') await startTraces(Number(kind));
  return { api, traces: kind !== 'metrics', metrics: kind === 'none' || kind === 'metrics' };
}

async function startMetrics() {
  const { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } = await import(
    '@opentelemetry/sdk-metrics'
  );
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1000 });
  setInterval(() => exporter.reset(), 1000).unref();
  api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
}

async function startTraces(ratio) {
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { W3CTraceContextPropagator } = await import('@opentelemetry/core');
  const { BasicTracerProvider, BatchSpanProcessor, TraceIdRatioBasedSampler } = await import(
    '@opentelemetry/sdk-trace-base'
  );
  const exporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} };
  const spanProcessors = [new BatchSpanProcessor(exporter)];
  const sampler = new TraceIdRatioBasedSampler(ratio);
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler, spanProcessors }));
}
