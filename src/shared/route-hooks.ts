/** Symbols by which routes and producers talk to each other. They are registered, for a second copy of these modules. */

/**
 * How a message came by its route. `alone`: to one producer, where it waits like any other message. `admitted`: to several
 * producers, whose capacity checks have passed in this very turn. All of them must take it now, or they would not take it together.
 */
export type Way = 'alone' | 'admitted';

/** In the options of a call: the message came by a route. When it cannot be delivered, that route's fallback gets it. */
export const ROUTED: unique symbol = Symbol.for('outspool.routed');

/** In the options of a `send`: the id that the message had before, for instance as a replayed dead letter. */
export const KEPT_ID: unique symbol = Symbol.for('outspool.kept-id');

/** A producer's capacity check, which returns whether it would accept a message. */
export const CAPACITY_CHECK: unique symbol = Symbol.for('outspool.capacity-check');

/** In the options of a producer: the target that gets a failed message of a route before the producer's own dead-letter target. */
export const FALLBACK: unique symbol = Symbol.for('outspool.fallback');

/** A producer's figures, for the metrics of a runtime and its operations endpoint. */
export const MEASURED: unique symbol = Symbol.for('outspool.measured');

/** What the operations endpoint of a runtime watches. */
export const OPERATED: unique symbol = Symbol.for('outspool.operated');

/** In the options of a producer: texts to mask in all output, which its configuration does not mark as secret. */
export const SECRETS: unique symbol = Symbol.for('outspool.secrets');
