/** Failures that end the thread they happen in, whatever `--unhandled-rejections` says of promises. */

/** Registered, because the worker's entry and the producer's module may have loaded two copies of this module. */
const KEY = Symbol.for('outspool.uncaught');
const holder = globalThis as { [KEY]?: (error: unknown) => void };

/**
 * From here on, `report` is called with each failure before it becomes an uncaught exception. A worker thread has the caller's side end it:
 * a listener of `uncaughtException`, a capture callback or a domain would keep the thread, whose loop has ended.
 */
export function reportUncaught(report: (error: unknown) => void): void {
  holder[KEY] = report;
}

/** Calls `job`. What it throws is an uncaught exception, after the others that are called in the same turn. */
export function callApart(job: () => void): void {
  try {
    job();
  } catch (error) {
    throwApart(error);
  }
}

/** The same for work that takes longer than a turn. */
export function runApart(work: () => Promise<void>): void {
  work().catch(throwApart);
}

function throwApart(error: unknown): void {
  holder[KEY]?.(error);
  process.nextTick(() => {
    throw error;
  });
}
