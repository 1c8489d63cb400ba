/**
 * Explains why an object cannot be passed to another thread. Node would only report that some function within it cannot be cloned,
 * or would pass an empty object. A structured clone reads fields in the order of their creation, fails at the first symbol and
 * quotes it. So the first field of such an object has this value.
 */
export const ONE_THREAD = Symbol('one producer a thread: make a producer in the thread that uses it');
