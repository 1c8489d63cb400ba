/**
 * Run as a process of its own, since what it guards against ends the process: a producer with the settings of the argument takes one
 * message, checks the way to its broker, and shuts down. Prints a line of JSON with what came of it.
 */

import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { LogLines } from './log-lines.ts';
import { PATIENT, until } from './until.ts';

const log = new LogLines();
const settings = JSON.parse(process.argv[2] ?? '{}') as Partial<ConstructorParameters<typeof KafkaProducer>[0]>;
const common = { type: 'kafka', name: 'strangers', topic: 'orders', connect_timeout_seconds: 10 } as const;
const producer = new KafkaProducer({ ...common, ...settings }, { logger: log });
producer.produce({ value: 'v' });
await until(() => producer.stats().delivered > 0 || log.all.includes('cannot connect'));
const { layers } = await producer.check(PATIENT);
await producer.shutdown(3000);
const problem = layers.find(({ ok, reached }) => reached && !ok)?.problem;
console.log(JSON.stringify({ problem, log: log.all, delivered: producer.stats().delivered }));
