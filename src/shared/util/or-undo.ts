/** What `work` returns. Where it throws, `undo` runs before the error goes on: what was made so far is given back. */
export function orUndo<T>(work: () => T, undo: () => void): T {
  try {
    return work();
  } catch (error) {
    undo();
    throw error;
  }
}
