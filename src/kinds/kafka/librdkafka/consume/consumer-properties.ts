/** Turns the properties of a producer into those of a consumer. */

import type { Properties } from '../native/configure.ts';

/**
 * Properties that only a producer has, for each of which a consumer would log a warning. All others are passed on. A property
 * that was left out by mistake could keep the consumer from the brokers that the producer reaches.
 */
const OF_PRODUCERS: ReadonlySet<string> = new Set(
  `
    acks batch.num.messages batch.size compression.codec compression.level compression.type
    delivery.report.only.error delivery.timeout.ms dr_cb dr_msg_cb enable.gapless.guarantee enable.idempotence
    linger.ms message.send.max.retries message.timeout.ms msg_order_cmp partitioner partitioner_cb
    produce.offset.report queue.buffering.backpressure.threshold queue.buffering.max.kbytes
    queue.buffering.max.messages queue.buffering.max.ms queuing.strategy request.required.acks
    request.timeout.ms retries sticky.partitioning.linger.ms transaction.timeout.ms transactional.id
  `
    .trim()
    .split(/\s+/),
);

/** Returns the properties of a consumer that reaches the same brokers as the producer, as the same user. */
export const consumerProperties = (properties: Properties, group: string): Properties => ({
  ...Object.fromEntries(Object.entries(properties).filter(([name]) => !OF_PRODUCERS.has(name))),
  'group.id': group,
});
