/** Leaves a spool behind as a crash does: some of it delivered, the rest confirmed, and nothing closed. */

import { KafkaProducer } from '../../../src/producers/kafka/kafka-producer.ts';
import { configOf, ordersOf, tell } from './orders.ts';

const MESSAGES = 12;
const SIZE = 9000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const producer = new KafkaProducer(configOf(ordersOf(process.env)), { logger: quiet });
for (let index = 0; index < MESSAGES; index++) {
  const id = `left-${index}`;
  await producer.enqueue({ key: id, value: { id, pad: 'x'.repeat(SIZE) } });
  tell({ event: 'confirmed', id });
}
process.kill(process.pid, 'SIGKILL');
