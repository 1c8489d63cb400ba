/** Releases the native handles that a ledger names. */

import type { Native } from '../native/native.ts';
import { destroySoon } from './destroy.ts';
import { type Ledger, MAX_TOPICS } from './ledger.ts';

/**
 * Releases what a dead worker's driver, or a half-made client, has left. For a dead worker, call it on another thread, after
 * the worker has ended. Idempotent.
 * @returns whether there was a client to end
 */
export function reclaimHandles(native: Native, ledger: Ledger): boolean {
  const { rdkafka, libc } = native;
  const queues = [ledger.take('messages'), ledger.take('queue')].filter((queue) => queue !== undefined);
  // This comes first. librdkafka's threads must not write to a descriptor that was closed and now belongs to another owner.
  for (const queue of queues) rdkafka.queueIoEvent(queue, -1, null, 0);
  const fd = ledger.take('writeFd');
  if (fd !== undefined) libc.close(fd);
  for (let index = 0; index < MAX_TOPICS; index++) {
    const topic = ledger.takeTopic(index);
    if (topic !== 0) rdkafka.topicDestroy(topic);
  }
  for (const queue of queues) rdkafka.queueDestroy(queue);
  const reader = ledger.take('reader');
  if (reader !== undefined) destroySoon(native, reader);
  const client = ledger.take('client');
  if (client !== undefined) destroySoon(native, client);
  return client !== undefined;
}
