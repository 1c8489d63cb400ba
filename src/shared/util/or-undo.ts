/** Returns the result of `work`. Where that throws, runs `undo` before it rethrows, to release what `work` made so far. */
export function orUndo<T>(work: () => T, undo: () => void): T {
  try {
    return work();
  } catch (error) {
    undo();
    throw error;
  }
}
