/** Converts librdkafka's log levels, which are those of syslog. */

import type { LogLevel } from './driver.ts';

export function logLevelOf(syslog: number): LogLevel {
  if (syslog <= 3) return 'error';
  if (syslog === 4) return 'warn';
  return syslog >= 7 ? 'debug' : 'info';
}
