// A web application with a producer: it starts before the first request, requests send, and it stops behind the last one.
//
//     npm install fastify outspool
//     KAFKA=localhost:9092 node server.js
import { join } from 'node:path';
import Fastify from 'fastify';
import {
  DeliveryTimeoutError,
  InvalidMessageError,
  ProducerClosedError,
  ProducerRuntime,
  QueueFullError,
} from 'outspool';

/** Half of what the platform gives a process to end (often 30 s). */
const SHUTDOWN_MS = 15_000;

const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } });
const runtime = await ProducerRuntime.fromFile(join(import.meta.dirname, 'producers.yaml'));
const signups = runtime.producer('signups');
const audit = runtime.producer('audit');

// Start. The application listens when there is a connection; without this line the first message would make it, and the
// application would start while Kafka is away, which may be what you want: then messages wait.
app.addHook('onReady', () => signups.start({ timeout: '10s' }));

// Send. The answer says what is true: 200 when Kafka has acknowledged, within 2 s.
const body = { type: 'object', required: ['user'], properties: { user: { type: 'string', minLength: 1 } } };
app.post('/signups', { schema: { body } }, async (request) => {
  const { user } = request.body;
  audit.produce({ value: { did: 'sign up', user } }); // returns at once; delivered later, or counted
  const { partition, offset } = await signups.send(
    { key: user, value: { event: 'user_signup', user } },
    { timeout: '2s' },
  );
  return { partition, offset };
});

app.setErrorHandler((error, _request, reply) => {
  if (error instanceof InvalidMessageError) return reply.code(400).send({ error: error.message });
  // It was handed over, or is withdrawn: the error says which, and with `unknown` a client that tries again may send twice.
  if (error instanceof DeliveryTimeoutError)
    return reply.code(504).send({ error: error.message, outcome: error.outcome });
  if (error instanceof QueueFullError || error instanceof ProducerClosedError)
    return reply.code(503).header('retry-after', '5').send({ error: error.message });
  return reply.send(error);
});

app.get('/health', async (_request, reply) => {
  const { state, connection, pending } = signups.stats();
  return reply.code(connection === 'connected' ? 200 : 503).send({ state, connection, pending });
});

// Stop. Fastify closes when it has answered what it has accepted; then nothing sends any more, and what waits is delivered.
app.addHook('onClose', async () => app.log.info(await runtime.shutdown(SHUTDOWN_MS), 'producers are shut down'));
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => app.close());

// A client that keeps its connection would hold the end up for as long as it is kept: the last answer takes it along.
let isClosing = false;
app.addHook('preClose', async () => {
  isClosing = true;
});
app.addHook('onSend', async (_request, reply) => {
  if (isClosing) reply.header('connection', 'close');
});

await app.listen({ host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT ?? 3000) });
