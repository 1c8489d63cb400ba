/** Asks for end offsets through a client of its own, because librdkafka closes the connection after a request times out. */

import { linked } from '../../../../shared/util/abort.ts';
import type { KafkaDriverOptions } from '../../driver.ts';
import { withoutStrangers } from '../../explain/strangers.ts';
import type { EndOffset, LedPartition } from '../../partitions/end-offsets.ts';
import type { Ledger } from '../close/ledger.ts';
import { Inquiry } from './inquiry.ts';

/** Maximum time in ms for all partitions together. */
const ASK_MS = 2000;

/**
 * Resolves with the offset after the last message of each partition. `ledger` names the client while the question is open.
 * Rejects if the ledger still names another client, if no broker answers in time, and soon after `signal`.
 */
export async function endOffsets(
  options: KafkaDriverOptions,
  places: readonly LedPartition[],
  ledger: Ledger,
  signal: AbortSignal,
): Promise<readonly EndOffset[]> {
  const end = performance.now() + ASK_MS;
  const checked = await withoutStrangers({ ...options, connectTimeoutMs: ASK_MS });
  signal.throwIfAborted();
  const inquiry = new Inquiry(checked, ledger);
  try {
    await linked([signal, AbortSignal.timeout(ASK_MS)], (over) => inquiry.connected(over));
    return await inquiry.endOffsets(places, end);
  } finally {
    await inquiry.close();
  }
}
