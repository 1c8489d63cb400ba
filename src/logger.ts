/** Where the library says what happened: the caller's logger, or pino on stderr. */

import { type Logger as PinoLogger, pino } from 'pino';
import { ConfigError } from './errors.ts';
import { type Mask, maskedFields } from './masking.ts';

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

const METHODS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * The caller's logger, made safe: what it throws must not cost a message, and no secret comes to it. @throws ConfigError when it
 * is no logger
 */
export function safeLogger(logger: Logger, mask: Mask): Logger {
  const missing = METHODS.find((method) => typeof logger?.[method] !== 'function');
  if (missing !== undefined) throw new ConfigError(`options.logger has no method ${missing}(fields, message)`);
  const at =
    (method: (typeof METHODS)[number]): LogMethod =>
    (fields, message) => {
      try {
        logger[method](maskedFields(fields, mask), mask(message));
      } catch {} // there is nowhere left to say so
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
