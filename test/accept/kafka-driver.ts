/** How fast a Kafka driver opens, says that it cannot, gives messages back and closes; and a check its deadline. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaDriver, KafkaDriverOptions } from '../../src/kinds/kafka/driver.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { NodeRdkafkaDriver } from '../../src/kinds/kafka/node-rdkafka/driver.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { OddServers } from '../support/odd-servers.ts';
import { PackedBatch } from '../support/packed-batch.ts';
import { quiet } from '../support/quiet.ts';
import { below, type Check, type Row } from './row.ts';

const OPENS_MS = 800;
const REFUSED_MS = 1000;
const PURGES_MS = 500;
const CLOSES_MS = 800;
const CHECKS_MS = 600;
const TOPIC = 'accepted';
const UNIT = ' ms';

const DRIVERS: Readonly<Record<string, (options: KafkaDriverOptions) => KafkaDriver>> = {
  librdkafka: (options) => new LibrdkafkaDriver(options),
  'node-rdkafka': (options) => new NodeRdkafkaDriver(options),
};

const optionsFor = (servers: string): KafkaDriverOptions => ({
  properties: { 'bootstrap.servers': servers, 'linger.ms': '2', 'enable.idempotence': 'true' },
  topicProperties: { 'message.timeout.ms': '0' },
  defaults: { topic: TOPIC, errorTopic: `${TOPIC}-errors` },
  log: () => {},
});

const batchOf = (count: number) =>
  Object.assign(new PackedBatch(Array.from({ length: count }, (_, index) => ({ value: `${index}` }))), {
    defaults: { topic: TOPIC, errorTopic: TOPIC },
  });

async function took(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

const open = (driver: KafkaDriver) => driver.open(AbortSignal.timeout(10_000));

async function rowsOf(name: string, kafka: EmbeddedKafka): Promise<Row[]> {
  const create = DRIVERS[name] as (typeof DRIVERS)[string];
  const refused = create(optionsFor('127.0.0.1:1'));
  const said = await took(() => open(refused).catch(() => {}));
  await refused.close(0);
  const driver = create(optionsFor(kafka.bootstrapServers));
  const opened = await took(() => open(driver));
  await driver.produceBatch(batchOf(1));
  kafka.brokerDown();
  const pending = driver.produceBatch(batchOf(500));
  await sleep(50);
  const purged = await took(() => {
    driver.purge();
    return pending;
  });
  const closed = await took(() => driver.close(500));
  kafka.brokerUp();
  return [
    below(`${name}: opens`, OPENS_MS, { value: opened, unit: UNIT }),
    below(`${name}: says that a connection was refused`, REFUSED_MS, { value: said, unit: UNIT }),
    below(`${name}: gives 500 messages back`, PURGES_MS, { value: purged, unit: UNIT }),
    below(`${name}: closes in 500 ms without a broker`, CLOSES_MS, { value: closed, unit: UNIT }),
  ];
}

async function silentCheck(): Promise<Row> {
  const odd = new OddServers();
  const bootstrap_servers = `127.0.0.1:${await odd.silent()}`;
  const producer = new KafkaProducer({ type: 'kafka', name: TOPIC, bootstrap_servers }, { logger: quiet });
  const value = await took(() => producer.check({ timeout: 300 }));
  await producer.shutdown(500);
  await odd.stop();
  return below('check({ timeout: 300 }), a silent broker', CHECKS_MS, { value, unit: UNIT });
}

export const kafkaDriver: Check = async () => {
  const kafka = await EmbeddedKafka.start({ topics: { [TOPIC]: 3 } });
  const rows: Row[] = [];
  for (const name of Object.keys(DRIVERS)) rows.push(...(await rowsOf(name, kafka)));
  await kafka.stop();
  return [...rows, await silentCheck()];
};
