/** Where the library says what happened: the caller's logger, or pino on stderr. */

import { type Logger as PinoLogger, pino } from 'pino';

type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The part of pino's interface that outspool uses: fields first, then the text. */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

let shared: PinoLogger | undefined;

/** The default logger: JSON lines on stderr (stdout belongs to the application), level from OUTSPOOL_LOG_LEVEL or `info`. */
export function defaultLogger(): Logger {
  shared ??= pino(
    { name: 'outspool', level: process.env.OUTSPOOL_LOG_LEVEL ?? 'info' },
    pino.destination({ dest: 2, sync: true }),
  );
  return shared;
}
