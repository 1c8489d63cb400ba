/**
 * How soon the log of a running producer names why there is no connection. With what only a broker can refuse, the long tier
 * demands the same (`first line of the log`).
 */

import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { LogLines } from '../support/log-lines.ts';
import { until } from '../support/until.ts';
import { below, type Check } from './row.ts';

const LIMIT_MS = 2000;
const PATIENCE_MS = 30_000;
const SERVERS = { 'where nothing listens': '127.0.0.1:9', 'for an unknown name': 'nowhere.invalid:9092' };

export const firstLine: Check = async () => {
  const rows = [];
  for (const [what, server] of Object.entries(SERVERS)) {
    const figure = { value: await firstLineMs(server), unit: ' ms' };
    rows.push(below(`first line of the log, ${what}`, LIMIT_MS, figure));
  }
  return rows;
};

async function firstLineMs(bootstrap_servers: string): Promise<number> {
  const logger = new LogLines();
  const producer = new KafkaProducer({ type: 'kafka', name: 'first-line', bootstrap_servers }, { logger });
  try {
    producer.produce({ value: 1 });
    await until(() => logger.first !== undefined, PATIENCE_MS);
    return logger.first?.atMs as number;
  } finally {
    await producer.shutdown(500);
  }
}
