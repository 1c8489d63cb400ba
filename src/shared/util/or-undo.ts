/** Returns the result of `work`. Where that throws, runs `undo` before the error goes on, to release what `work` made so far. */
export function orUndo<T>(work: () => T, undo: () => void): T {
  try {
    return work();
  } catch (error) {
    undo();
    throw error;
  }
}
