/** One run through node-rdkafka's own Producer on the main thread, with a delivery report for every message. */

import rdkafka from 'node-rdkafka';
import { messageMaker } from './messages.mjs';
import { pace, say, settings, startMeter } from './meter.mjs';

const QUEUE_FULL = -184;

const { bootstrapServers, count, bytes, properties, topicProperties, pollMs, rate } = settings();
const { key, value } = messageMaker(bytes);
const producer = new rdkafka.Producer(
  { ...properties, 'bootstrap.servers': bootstrapServers, dr_cb: true },
  topicProperties,
);
let accepted = 0;
let delivered = 0;
let settled = 0;
let allSettled = () => {};
producer.on('delivery-report', (error) => {
  if (error === null) delivered++;
  if (++settled === count) allSettled();
});
await new Promise((resolve, reject) => {
  producer.connect({ timeout: 10_000 }, (error) => (error ? reject(error) : resolve()));
});
producer.setPollInterval(pollMs);

/** Returns false when the client's queue is full. */
function produced(index) {
  try {
    producer.produce('bench', null, Buffer.from(JSON.stringify(value(index))), key(index));
    return true;
  } catch (error) {
    if (error.code !== QUEUE_FULL) throw error;
    return false;
  }
}

const meter = startMeter();
const finished = new Promise((resolve) => {
  allSettled = resolve;
});
const { chunkEnd, turn } = pace(rate, count);
while (accepted < count) {
  for (const end = chunkEnd(accepted); accepted < end; accepted++) {
    while (!produced(accepted)) {
      // Its reports make room, and they come in a turn of the loop after a poll.
      producer.poll();
      await turn();
    }
  }
  await turn();
}
await finished;
const measured = meter.stop(count);

await new Promise((resolve) => producer.disconnect(5000, resolve));
say({ ...measured, accepted, delivered });
