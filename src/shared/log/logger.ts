/** The logger of the library: the caller's, or pino on stderr. */

import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { ConfigError } from '../errors.ts';
import { logLine } from './log-line.ts';
import { type Mask, maskedFields } from './masking.ts';

/** Writes one line: its fields, such as `{ topic: 'orders' }`, and then its text. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

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
  shared ??= createLogger(process.env.OUTSPOOL_LOG_LEVEL, pino.destination({ dest: 2, sync: true }));
  return shared;
}

const DEFAULT_LEVEL = 'info';
const LEVELS = [...Object.values(pino.levels.labels), 'silent'];

/** Makes a pino logger. An unknown level would end the application at its first producer, so it gets a warning instead. */
export function createLogger(level: string | undefined, destination: DestinationStream): PinoLogger {
  const known = LEVELS.find((one) => one === level?.trim().toLowerCase());
  const logger = pino({ name: 'outspool', level: known ?? DEFAULT_LEVEL }, destination);
  if (level !== undefined && known === undefined)
    logger.warn(
      { OUTSPOOL_LOG_LEVEL: level },
      `no such log level: ${DEFAULT_LEVEL} is used; one of ${LEVELS.join(', ')}`,
    );
  return logger;
}

const METHODS = ['debug', 'info', 'warn', 'error'] as const;

/** Wraps the caller's logger: its errors cost no message, and it gets no secret. @throws ConfigError when it is no logger */
export function safeLogger(logger: Logger, mask: Mask): Logger {
  const missing = METHODS.find((method) => typeof logger?.[method] !== 'function');
  if (missing !== undefined) throw new ConfigError(`options.logger has no method ${missing}(fields, message)`);
  const at =
    (method: (typeof METHODS)[number]): LogMethod =>
    (...given) => {
      try {
        const [fields, text] = logLine(...given);
        logger[method](maskedFields(fields, mask), mask(text));
      } catch {} // there is nowhere left to log this
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
