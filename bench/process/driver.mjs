/**
 * One run through outspool's librdkafka driver alone, on the main thread: no queue, no worker. What koffi is worth
 * against node-rdkafka's own binding, with everything else equal. Not public, hence the paths.
 */

import { LibrdkafkaDriver } from '../../dist/kinds/kafka/librdkafka/send/driver.js';
import { RecordMemory } from '../../dist/shared/memory/record.js';
import { RecordWriter } from '../../dist/shared/memory/record-writer.js';
import { messageMaker } from './messages.mjs';
import { say, settings, startMeter, turn } from './meter.mjs';

/** Batches in flight, and messages in each: as the delivery loop keeps them for small messages. */
const LANES = 32;
const BATCH = 400;
/** More than a message of `bytes` takes when it is packed. */
const PACKING = 128;

const { bootstrapServers, count, bytes, properties, topicProperties } = settings();
const { key, value } = messageMaker(bytes);
const driver = new LibrdkafkaDriver({
  properties: { ...properties, 'bootstrap.servers': bootstrapServers },
  topicProperties,
  defaults: { topic: 'bench', errorTopic: 'bench' },
  log: () => {},
});
const writer = new RecordWriter();
const signal = new AbortController().signal;
let accepted = 0;
let delivered = 0;

/** Packs the next messages into the lane's memory. */
function fill({ memory, offsets }) {
  let used = 0;
  let size = 0;
  for (; size < BATCH && accepted < count; size++, accepted++) {
    writer.prepare({ key: key(accepted), value: value(accepted) });
    offsets[size] = used;
    used += writer.write(memory, used, 0);
  }
  return size;
}

async function runLane() {
  const memory = new RecordMemory(new SharedArrayBuffer(BATCH * (bytes + PACKING)));
  const lane = { memory, offsets: new Uint32Array(BATCH) };
  while (accepted < count) {
    const size = fill(lane);
    await driver.produceBatch({
      size,
      memory: memory.bytes,
      offsets: lane.offsets,
      signal,
      skip: () => false,
      message: (index) => memory.decode(lane.offsets[index], { topic: 'bench', errorTopic: 'bench' }),
      attempting: () => {},
      delivered: () => delivered++,
      failed: (_index, error) => {
        throw error;
      },
    });
    await turn();
  }
}

await driver.open(AbortSignal.timeout(10_000));
const meter = startMeter();
await Promise.all(Array.from({ length: LANES }, runLane));
const measured = meter.stop(count);
await driver.close(5000);
say({ ...measured, accepted, delivered });
