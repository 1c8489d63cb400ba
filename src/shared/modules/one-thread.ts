/**
 * Says why an object cannot be passed to another thread, where Node would say that some function within it cannot, or pass an empty
 * object. A structured clone reads fields in the order of their making, ends at the first symbol and quotes it: the first field
 * of such an object has this value.
 */
export const ONE_THREAD = Symbol('one producer a thread: make a producer in the thread that uses it');
