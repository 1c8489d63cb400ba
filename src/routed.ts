/**
 * What the routes of a runtime and its producers say to each other beside their public faces; the package exports none of it.
 * Registered symbols, because a producer's class may come from another copy of these modules.
 */

/** In the options of a call: the message came by a route, and when it cannot be delivered, that route's fallback gets it. */
export const ROUTED: unique symbol = Symbol.for('outspool.routed');

/** A producer's gate: whether it would accept a message. */
export const GATE: unique symbol = Symbol.for('outspool.gate');

/** In the options of a producer: who gets, before its own dead-letter target, a message that came by a route. */
export const FALLBACK: unique symbol = Symbol.for('outspool.fallback');
