/**
 * Logs each message whose caller waits for it: where it was delivered, or why it was not. The fields that dtpyfw logs (`log_type`,
 * `controller`, `subject`, `payload.error`) are there next to ours, for programs that read its lines.
 */

import { asError, InvalidMessageError, ProducerClosedError } from '../shared/errors.ts';
import type { Logger } from '../shared/log/logger.ts';
import type { DeliveryReport } from './settlement/report.ts';
import { shownKey } from './shown-key.ts';

export interface SendLogContext {
  readonly logger: Logger;
  readonly producer: string;
  /** Level at which a delivered message is logged. */
  readonly level: 'debug' | 'info';
  /** The name of the producer's class. */
  readonly className: string;
  readonly topic: string;
  readonly key: unknown;
  /** The caller's signal. A wait that the caller aborted is no failure of the producer. */
  readonly signal: AbortSignal | undefined;
}

/** The log of one producer's sends. */
export class SendLog {
  #closedSaid = false;

  /** Passes on the result of `sent` and logs it. An invalid message is not logged, because that concerns only the caller's code. */
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

/** Formats an error as one line, and as data. */
function said(thrown: unknown): { err: string; payload: { error: Readonly<Record<string, unknown>> } } {
  const { name, message, code, outcome }: Error & { code?: unknown; outcome?: unknown } = asError(thrown);
  const error = { name, message, ...(code !== undefined && { code }), ...(outcome !== undefined && { outcome }) };
  return { err: `${name}: ${message}`, payload: { error } };
}
