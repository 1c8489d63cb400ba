/** Converts the validated configuration of a producer for the engine and the loop: times in ms, sizes in bytes, defaults filled in. */

import type { BaseConfig } from '../config/schema/base.ts';
import { parseDuration } from '../config/schema/duration.ts';
import { parseSize } from '../config/schema/size.ts';
import { SLOT_RECORDS } from '../shared/memory/slot.ts';
import type { DeliverySettings } from '../shared/protocol.ts';
import type { EngineOptions } from './options.ts';
import { SLOT_BYTES } from './queue/slot-pool.ts';

const MS = 1000;

export function deliverySettings(config: BaseConfig): DeliverySettings {
  const topic = config.topic ?? config.name;
  return {
    topic,
    errorTopic: config.error_topic ?? topic,
    maxRetries: config.max_retries,
    maxResets: config.max_resets === 'unlimited' ? Number.POSITIVE_INFINITY : config.max_resets,
    backoffMs: config.backoff_seconds * MS,
    connectTimeoutMs: config.connect_timeout_seconds * MS,
    attemptTimeoutMs: config.attempt_timeout_seconds * MS,
  };
}

type QueueOptions = Pick<EngineOptions, 'maxMessages' | 'maxBytes' | 'whenFull' | 'highWaterMark' | 'spool'>;

export function queueOptions({ queue }: BaseConfig): QueueOptions {
  return {
    maxMessages: queue.max_messages,
    maxBytes: parseSize(queue.max_bytes),
    whenFull: queue.when_full,
    highWaterMark: queue.high_water_mark,
    spool: queue.spool && {
      directory: queue.spool.path,
      maxBytes: parseSize(queue.spool.max_bytes),
      syncIntervalMs: parseDuration(queue.spool.sync),
      directRanges: directRanges(queue.max_messages, parseSize(queue.max_bytes)),
    },
  };
}

/** Largest number of leases that keep their memory while they wait for the broker. It is at most half of the queue's bounds. */
const DIRECT_RANGES = 16;

function directRanges(maxMessages: number, maxBytes: number): number {
  return Math.min(DIRECT_RANGES, Math.floor(maxMessages / 2 / SLOT_RECORDS), Math.floor(maxBytes / 2 / SLOT_BYTES));
}
