/** Calls `job`. What it throws is an uncaught exception, after the others that are called in the same turn. */
export function callApart(job: () => void): void {
  try {
    job();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
