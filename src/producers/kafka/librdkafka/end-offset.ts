/**
 * Where a partition ends, asked by a client of its own: librdkafka ends the connection on which a request gets no answer in time, with all
 * that is in flight there.
 */

import { linked } from '../../../abort.ts';
import { withoutStrangers } from '../check/strangers.ts';
import type { KafkaDriverOptions } from '../driver.ts';
import { Inquiry } from './inquiry.ts';
import type { Ledger } from './ledger.ts';
import type { PartitionName } from './watermarks.ts';

const ASK_MS = 2000;

/**
 * The offset after its last message. `ledger` names the client while the question is open. Rejects where it still names another one,
 * where no broker says the offset in time, and soon after `signal`.
 */
export async function endOffset(
  options: KafkaDriverOptions,
  place: PartitionName,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<number> {
  const end = performance.now() + ASK_MS;
  const checked = await withoutStrangers({ ...options, connectTimeoutMs: ASK_MS });
  signal.throwIfAborted();
  const inquiry = new Inquiry(checked, ledger);
  try {
    await linked([signal, AbortSignal.timeout(ASK_MS)], (over) => inquiry.connected(over));
    return await inquiry.endOffset(place, end);
  } finally {
    await inquiry.close();
  }
}
