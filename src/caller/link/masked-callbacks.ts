/**
 * What a worker says passes here on its way to the caller's side. The code in it is anybody's, and so are the texts of its errors:
 * whatever becomes of one (a log line, the rejection of a `send`, a dead letter), it holds no secret of the configuration (I9).
 */

import { type Mask, maskedData } from '../../shared/log/masking.ts';
import type { ToCaller } from '../../shared/protocol.ts';
import type { HostCallbacks } from './host.ts';

export const maskedCallbacks = (callbacks: HostCallbacks, mask: Mask): HostCallbacks => ({
  message: (message) => callbacks.message(masked(message, mask)),
  exit: (error) => callbacks.exit(maskedData(error, mask)),
});

/** Only errors and what a broker says: what is for the log alone is masked there, and messages are the application's. */
function masked(message: ToCaller, mask: Mask): ToCaller {
  if ('error' in message) return { ...message, error: maskedData(message.error, mask) } as typeof message;
  if (message.type === 'throttled') return { ...message, throttled: maskedData(message.throttled, mask) };
  if (message.type === 'condemned')
    return {
      ...message,
      messages: message.messages.map((one) => ({ ...one, attempts: maskedData(one.attempts, mask) })),
    };
  if (message.type === 'spilledCondemned')
    return { ...message, message: { ...message.message, attempts: maskedData(message.message.attempts, mask) } };
  return message;
}
