// A web application whose traces go on behind it: from the HTTP request through the producer's spool to the consumer.
//
//     npm install fastify outspool @opentelemetry/{api,core,context-async-hooks,sdk-trace-base,exporter-trace-otlp-http}
//     KAFKA=localhost:9092 OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 node server.js
import { join } from 'node:path';
import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import Fastify from 'fastify';
import { ProducerRuntime } from 'outspool';

const SHUTDOWN_MS = 15_000;

// The SDK, before any producer: where spans go, what the active context is, and how it is written into headers.
const exporter = new BatchSpanProcessor(new OTLPTraceExporter(), { scheduledDelayMillis: 500 });
const provider = new BasicTracerProvider({ spanProcessors: [exporter] });
api.trace.setGlobalTracerProvider(provider);
api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracer = api.trace.getTracer('orders');

const runtime = await ProducerRuntime.fromFile(join(import.meta.dirname, 'producers.yaml'), { telemetry: { api } });
const orders = runtime.producer('orders');
const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } });

// A span for each request, as instrumentations of web frameworks make it. The handler runs in its context.
app.addHook('onRequest', (request, reply, done) => {
  const caller = api.propagation.extract(api.ROOT_CONTEXT, request.headers);
  const span = tracer.startSpan(`${request.method} ${request.routeOptions.url}`, { kind: api.SpanKind.SERVER }, caller);
  reply.raw.once('close', () => span.end());
  api.context.with(api.trace.setSpan(caller, span), done);
});

// 202: the order is on the disk, and reaches Kafka even if this process is killed now.
const body = { type: 'object', required: ['order'], properties: { order: { type: 'string', minLength: 1 } } };
app.post('/orders', { schema: { body } }, async (request, reply) => {
  const { order } = request.body;
  await orders.enqueue({ key: order, value: request.body }, { timeout: '10s' });
  return reply.code(202).send({ order });
});

app.addHook('onClose', async () => {
  app.log.info(await runtime.shutdown(SHUTDOWN_MS), 'producers are shut down');
  await provider.shutdown(); // behind the producers, because their last spans end in their shutdown
});
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => app.close());

// What an earlier process has left in the spool is sent without waiting for a request.
app.addHook('onReady', async () => {
  orders.start({ timeout: '10s' }).catch((error) => app.log.warn(error, 'there is no connection yet'));
});
await app.listen({ host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT ?? 3000) });
