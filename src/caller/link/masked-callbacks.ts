/**
 * Masks secrets in the worker's messages on their way to the caller's side. The worker runs code of the application and its clients, whose
 * error texts may contain secrets. An error may end up in a log line, the rejection of a `send` or a dead letter. None of these may
 * hold a secret of the configuration (I9).
 */

import { type Mask, maskedData } from '../../shared/log/masking.ts';
import type { ToCaller } from '../../shared/protocol.ts';
import type { HostCallbacks } from './host.ts';

export const maskedCallbacks = (callbacks: HostCallbacks, mask: Mask): HostCallbacks => ({
  message: (message) => callbacks.message(masked(message, mask)),
  exit: (error) => callbacks.exit(maskedData(error, mask)),
});

/** Masks errors and texts of the broker. Log lines are masked by the logger, and the content of messages is the application's. */
function masked(message: ToCaller, mask: Mask): ToCaller {
  if ('error' in message) return { ...message, error: maskedData(message.error, mask) } as typeof message;
  if (message.type === 'throttled') return { ...message, throttled: maskedData(message.throttled, mask) };
  if (message.type === 'permanentlyFailed') return { ...message, attempts: maskedData(message.attempts, mask) };
  return message;
}
