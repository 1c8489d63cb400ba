/** Descriptors of a worker, counted in /proc/PID/fd with 8 producers of a kind (Linux, Node 20), also while they start. */

/** Descriptors of a thread's event loop: epoll, an eventfd, a pipe. A file producer has 5, of which one is the file. */
const THREAD = 4;
/** Modules that a starting worker has open at once. 8 file producers had 379 at most and 58 afterwards, 8 of Kafka 476 and 114. */
const LOADING = 45;

/** Number of descriptors that the worker of any producer has open at most. */
export const WORKER_DESCRIPTORS = THREAD + LOADING;
