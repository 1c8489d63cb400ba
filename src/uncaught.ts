/** Failures that end the thread they happen in, whatever `--unhandled-rejections` says of promises. */

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

const throwApart = (error: unknown): void =>
  process.nextTick(() => {
    throw error;
  });
