/** Awaited sends through the built package, in a process of its own: prints percentiles as JSON. */

import { KafkaProducer } from 'outspool';
import { EmbeddedKafka } from 'outspool/testing';

const WARM_UP = 200;
const SENDS = 1000;
const silent = () => {};

const kafka = await EmbeddedKafka.start();
const producer = new KafkaProducer(
  { type: 'kafka', name: 'latency', bootstrap_servers: kafka.bootstrapServers },
  { logger: { debug: silent, info: silent, warn: silent, error: silent } },
);
const times = [];
for (let index = 0; index < WARM_UP + SENDS; index++) {
  const before = performance.now();
  await producer.send({ key: `k${index % 10}`, value: { index } });
  if (index >= WARM_UP) times.push(performance.now() - before);
}
await producer.shutdown(5000);
await kafka.stop();

times.sort((a, b) => a - b);
const at = (fraction) => times[Math.floor(times.length * fraction)];
process.stdout.write(`${JSON.stringify({ p50Ms: at(0.5), p99Ms: at(0.99), maxMs: times.at(-1) })}\n`);
