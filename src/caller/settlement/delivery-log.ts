/** Logs the final state of each message (`log_deliveries`). If that is off, no report is made for the log. */

import type { Logger } from '../../shared/log/logger.ts';
import { shownKey } from '../shown-key.ts';
import type { EndingListener } from './settlement.ts';

export type LogDeliveries = 'off' | 'debug' | 'info';

/**
 * Returns no listener if nothing is to be logged, because each listener costs a report for every message. A message that a caller waits
 * for has its line from `send`, which contains the same and more.
 */
export function deliveryLog(level: LogDeliveries, logger: Logger): EndingListener[] {
  if (level === 'off') return [];
  return [
    (error, { producer, topic, partition, offset, latencyMs, message }, { outcome, isAwaited }) => {
      if (isAwaited) return;
      const fields = { producer, topic, partition, offset, key: shownKey(message.key), latencyMs };
      if (error === null) logger[level]({ ...fields, subject: 'Message delivered' }, `message delivered to ${topic}`);
      else
        logger.error(
          { ...fields, subject: 'Delivery Error', outcome, err: error.message },
          `message to ${topic} not delivered`,
        );
    },
  ];
}
