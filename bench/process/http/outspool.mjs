/** One run through outspool's HTTP producer, as an application would write it. */

import { HttpProducer } from 'outspool';
import { messageMaker } from '../messages.mjs';
import { pace, say, settings, startMeter } from '../meter.mjs';

const { origin, count, bytes, inFlight, perRequest } = settings();
const { value } = messageMaker(bytes);
const silent = () => {};
const producer = new HttpProducer(
  {
    type: 'http',
    name: 'bench',
    url: `${origin}/messages`,
    ...(inFlight > 1 && { ordered: false, max_in_flight: inFlight }),
    ...(perRequest > 1 && { batch: { max_messages: perRequest } }),
  },
  { logger: { debug: silent, info: silent, warn: silent, error: silent } },
);
await producer.start();

const meter = startMeter();
const { chunkEnd, turn } = pace(0, count);
for (let next = 0; next < count; ) {
  let room = true;
  for (const end = chunkEnd(next); next < end; next++) room = producer.produce({ value: value(next) });
  if (!room) await producer.waitForRoom({ timeout: 60_000 });
  await turn();
}
await producer.flush(60_000);
const measured = meter.stop(count);

const { delivered } = producer.stats();
await producer.shutdown(5000);
say({ ...measured, delivered });
