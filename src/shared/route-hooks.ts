/**
 * What the routes of a runtime and its producers say to each other beside their public faces; the package exports none of it.
 * Registered symbols, because a producer's class may come from another copy of these modules.
 */

/**
 * How a message came by its route. `alone`: to one producer, where it waits like any other. `admitted`: to several, whose gates
 * were asked in this very turn; all take it now, or they would not take it together.
 */
export type Way = 'alone' | 'admitted';

/** In the options of a call: the message came by a route, and when it cannot be delivered, that route's fallback gets it. */
export const ROUTED: unique symbol = Symbol.for('outspool.routed');

/** In the options of a `send`: the id that the message had before, as a replayed dead letter has. */
export const KEPT_ID: unique symbol = Symbol.for('outspool.kept-id');

/** A producer's gate: whether it would accept a message. */
export const GATE: unique symbol = Symbol.for('outspool.gate');

/** In the options of a producer: who gets, before its own dead-letter target, a message that came by a route. */
export const FALLBACK: unique symbol = Symbol.for('outspool.fallback');

/** In the options of a producer: texts that must not come up, which its configuration does not tell to be secret. */
export const SECRETS: unique symbol = Symbol.for('outspool.secrets');
