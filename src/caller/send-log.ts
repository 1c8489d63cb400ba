/**
 * What the log says of each message whose caller waits for it: where it went, or why it did not. Programs that read lines of
 * dtpyfw find its fields (`log_type`, `controller`, `subject`, `payload.error`) next to ours.
 */

import { asError, InvalidMessageError, ProducerClosedError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import { isBytes } from '../shared/message/given-bytes.ts';
import type { DeliveryReport } from './settlement/report.ts';

export interface SendLogContext {
  readonly logger: Logger;
  readonly producer: string;
  /** At which a delivered message is logged. */
  readonly level: 'debug' | 'info';
  /** The name of the producer's class. */
  readonly className: string;
  readonly topic: string;
  readonly key: unknown;
  /** The caller's: a wait that the caller ended is no failure of the producer. */
  readonly signal: AbortSignal | undefined;
}

/** One of these a producer. */
export class SendLog {
  #closedSaid = false;

  /** Passes on what becomes of `sent`. A message that was never valid is between the caller and its code: not logged. */
  async logged(sent: Promise<DeliveryReport>, context: SendLogContext): Promise<DeliveryReport> {
    const { logger, producer, topic, className, level: quiet } = context;
    const key = shownKey(context.key);
    const controller = `outspool.${className}.send`;
    try {
      const report = await sent;
      const { partition, offset, latencyMs } = report;
      const where = { topic, key, partition, offset, latencyMs };
      logger[quiet](
        { producer, log_type: 'info', controller, subject: 'Message sent', ...where },
        `message sent to ${topic}`,
      );
      return report;
    } catch (error) {
      const level = this.#levelOf(error, context);
      const fields = { producer, log_type: 'error', controller, subject: 'Producer Error', topic, key, ...said(error) };
      if (level !== undefined) logger[level](fields, `failed to send a message to ${topic}`);
      throw error;
    }
  }

  #levelOf(error: unknown, { signal }: SendLogContext): 'debug' | 'error' | undefined {
    if (error instanceof InvalidMessageError) return undefined;
    if (signal?.aborted) return 'debug';
    if (!(error instanceof ProducerClosedError)) return 'error';
    // A producer that has ended refuses every message from then on, for the same reason.
    const said = this.#closedSaid;
    this.#closedSaid = true;
    return said ? 'debug' : 'error';
  }
}

/** An error in one line, and as data. */
function said(thrown: unknown): { err: string; payload: { error: Readonly<Record<string, unknown>> } } {
  const { name, message, code, outcome }: Error & { code?: unknown; outcome?: unknown } = asError(thrown);
  const error = { name, message, ...(code !== undefined && { code }), ...(outcome !== undefined && { outcome }) };
  return { err: `${name}: ${message}`, payload: { error } };
}

/** As text; bytes in hex. What is neither is refused elsewhere. */
export const shownKey = (key: unknown): unknown => (isBytes(key) ? hexOf(key) : (key ?? null));

function hexOf(bytes: Uint8Array): string | null {
  try {
    return Buffer.from(new Uint8Array(bytes)).toString('hex');
  } catch {
    return null; // their memory is gone: refused elsewhere
  }
}
