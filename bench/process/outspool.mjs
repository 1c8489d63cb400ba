/** One run through outspool's Kafka producer, as an application would write it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaProducer } from 'outspool';
import client from 'prom-client';
import { messageMaker } from './messages.mjs';
import { pace, say, settings, startMeter } from './meter.mjs';
import { startTelemetry } from './telemetry.mjs';

const { bootstrapServers, count, bytes, linger, rate, spool, metrics, telemetry } = settings();
const registry = metrics ? new client.Registry() : undefined;
/** Gone at the end, however that comes. */
const directory = spool ? mkdtempSync(join(tmpdir(), 'outspool-bench-')) : undefined;
process.on('exit', () => directory && rmSync(directory, { recursive: true, force: true }));
const { key, value } = messageMaker(bytes);
const silent = () => {};
const producer = new KafkaProducer(
  {
    type: 'kafka',
    name: 'bench',
    bootstrap_servers: bootstrapServers,
    linger: `${linger}ms`,
    ...(directory && { queue: { spool: { path: directory } } }),
  },
  {
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    ...(registry && { metrics: { client, registry } }),
    ...(telemetry && { telemetry: await startTelemetry(telemetry) }),
  },
);
await producer.start();
/** As often as a server that is watched closely. */
if (registry) setInterval(() => void registry.metrics(), 1000).unref();

const meter = startMeter();
const { chunkEnd, turn } = pace(rate, count);
for (let next = 0; next < count; ) {
  let room = true;
  for (const end = chunkEnd(next); next < end; next++) room = producer.produce({ key: key(next), value: value(next) });
  if (!room) await producer.waitForRoom({ timeout: 60_000 });
  await turn();
}
await producer.flush(60_000);
const measured = meter.stop(count);

const { accepted, delivered } = producer.stats();
await producer.shutdown(5000);
say({ ...measured, accepted, delivered });
