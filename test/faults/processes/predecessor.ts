/** Leaves a spool behind as a crash does: some of it delivered, the rest confirmed, and nothing closed. */

import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import { configOf, enter, ordersOf, tell } from './orders.ts';

const MESSAGES = 12;
const SIZE = 9000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

enter('start');
const producer = new KafkaProducer(configOf(ordersOf(process.env)), { logger: quiet, niceness: 0 });
for (let index = 0; index < MESSAGES; index++) {
  const id = `left-${index}`;
  await producer.enqueue({ key: id, value: { id, pad: 'x'.repeat(SIZE) } }, { timeout: '1m' });
  tell({ event: 'confirmed', id });
}
process.kill(process.pid, 'SIGKILL');
