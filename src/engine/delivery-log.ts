/** Logs what became of each message (`log_deliveries`). Without it, no report is made for the log. */

import type { Logger } from '../logger.ts';
import { shownKey } from './send-log.ts';
import type { SettledListener } from './settlement.ts';

export type LogDeliveries = 'off' | 'debug' | 'info';

/** No listener where nothing is to be logged, because each one costs a report for every message. */
export function deliveryLog(level: LogDeliveries, logger: Logger): SettledListener[] {
  if (level === 'off') return [];
  return [
    (error, { producer, topic, partition, offset, latencyMs, message }) => {
      const fields = { producer, topic, partition, offset, key: shownKey(message.key), latencyMs };
      if (error === null) logger[level]({ ...fields, subject: 'Message delivered' }, `message delivered to ${topic}`);
      else
        logger.error({ ...fields, subject: 'Delivery Error', err: error.message }, `message to ${topic} not delivered`);
    },
  ];
}
