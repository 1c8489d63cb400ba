/**
 * Descriptors that a worker has open. They were measured on Linux with Node 20, in a process with 8 producers of a kind. The entries
 * of /proc/PID/fd were counted after 2000 messages each, and every 2 ms while the producers started.
 */

/** Descriptors of a thread's event loop: epoll, an eventfd, a pipe. A file producer has 5, of which one is the file. */
const THREAD = 4;
/** Modules that a starting worker has open at once. 8 file producers had 379 at most and 58 afterwards, 8 of Kafka 476 and 114. */
const LOADING = 45;

/** Number of descriptors that the worker of any producer has open at most. */
export const WORKER_DESCRIPTORS = THREAD + LOADING;
