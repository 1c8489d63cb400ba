/** Makes failures end the thread they happen in, whatever `--unhandled-rejections` is set to. */

/** Registered, because the worker's entry and the producer's module may have loaded two copies of this module. */
const KEY = Symbol.for('outspool.uncaught');
const holder = globalThis as { [KEY]?: (error: unknown) => void };

/**
 * Calls `report` with each later failure before it becomes an uncaught exception. A worker thread uses it to have the caller's side
 * end the thread. A listener of `uncaughtException`, a capture callback or a domain would keep the thread alive, although its loop
 * has ended.
 */
export function reportUncaught(report: (error: unknown) => void): void {
  holder[KEY] = report;
}

/** Calls `job`. An error becomes an uncaught exception, but only after the other jobs of the same turn have run. */
export function callApart(job: () => void): void {
  try {
    job();
  } catch (error) {
    throwApart(error);
  }
}

/** Starts work that takes longer than a turn. An error becomes an uncaught exception. */
export function runApart(work: () => Promise<void>): void {
  work().catch(throwApart);
}

function throwApart(error: unknown): void {
  holder[KEY]?.(error);
  process.nextTick(() => {
    throw error;
  });
}
