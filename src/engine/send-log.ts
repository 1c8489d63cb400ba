/** What the log says of each message that somebody waits for: where it went, or why it did not. */

import { asError, InvalidMessageError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { DeliveryReport } from './report.ts';

export interface SendLogContext {
  readonly logger: Logger;
  readonly producer: string;
  readonly topic: string;
  readonly key: unknown;
  /** The caller's: a wait that the caller ended is no failure of the producer. */
  readonly signal: AbortSignal | undefined;
}

/** Passes on what becomes of `sent`. A message that was never valid is between the caller and its code: not logged. */
export async function logged(sent: Promise<DeliveryReport>, context: SendLogContext): Promise<DeliveryReport> {
  const { logger, producer, topic, signal } = context;
  const key = shown(context.key);
  try {
    const report = await sent;
    const { partition, offset } = report;
    logger.debug({ producer, subject: 'Message sent', topic, key, partition, offset }, `message sent to ${topic}`);
    return report;
  } catch (error) {
    const { name, message } = asError(error);
    const fields = { producer, subject: 'Producer Error', topic, key, err: `${name}: ${message}` };
    if (!(error instanceof InvalidMessageError))
      logger[signal?.aborted ? 'debug' : 'error'](fields, `failed to send a message to ${topic}`);
    throw error;
  }
}

/** As text; bytes in hex. What is neither is refused elsewhere. */
const shown = (key: unknown): unknown => (key instanceof Uint8Array ? Buffer.from(key).toString('hex') : (key ?? null));
