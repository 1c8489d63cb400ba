/**
 * Run as a process of its own, since what it guards against ends the process: an application with a plain, a spooling and a
 * transactional producer. Prints `ready` when each has delivered a message, then produces until its input ends. It ends when
 * each producer has delivered one more message.
 */

import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { Logger } from '../../src/shared/log/logger.ts';

export interface HostSettings {
  readonly name: string;
  readonly topic: string;
  readonly directory: string;
  /** The address of the brokers, and what proves who the producers are. */
  readonly connection: Readonly<Record<string, string>> & { readonly bootstrap_servers: string };
}

const EVERY_MS = 20;
const AGAIN_MS = 200;
const SEND_MS = 5000;
const SHUTDOWN_MS = 5000;

const log: Logger['info'] = (fields, text) =>
  process.stderr.write(`${new Date().toISOString()} ${text} ${JSON.stringify(fields)}\n`);

const { name, topic, directory, connection } = JSON.parse(process.argv[2] ?? '{}') as HostSettings;
const common = { type: 'kafka', topic, backoff_seconds: 0.1, connect_timeout_seconds: 5, ...connection } as const;
const producers = [
  { name: 'plain' },
  { name: 'spool', queue: { spool: { path: join(directory, 'spool') } } },
  { name: 'transactional', transactional_id: name },
].map((own) => new KafkaProducer({ ...common, ...own }, { logger: { debug: log, info: log, warn: log, error: log } }));

/** A topic that is not there rejects messages, so others follow until one arrives. */
async function deliver(producer: KafkaProducer): Promise<void> {
  const sent = () =>
    producer.send({ value: 'awaited' }, { timeout: SEND_MS }).then(
      () => true,
      () => false,
    );
  while (!(await sent())) await sleep(AGAIN_MS);
}

await Promise.all(producers.map(deliver));
console.log('ready');
log({}, 'each has delivered a message');
const producing = setInterval(() => {
  for (const producer of producers) producer.produce({ value: 'meanwhile' });
}, EVERY_MS);
await once(process.stdin.resume(), 'end');
clearInterval(producing);
log({}, 'the input has ended');
await Promise.all(producers.map(deliver));
log({}, 'each has delivered its last message');
await Promise.all(producers.map((producer) => producer.shutdown(SHUTDOWN_MS)));
log({}, 'all are closed');
