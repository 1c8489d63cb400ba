/** Suggests the nearest of some words for a misspelt one. */

/** Counts the single-letter edits between two words. A swap of neighbours counts as one. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) rows.push(nextRow(rows, a.slice(0, row), b));
  return rows.at(-1)?.at(-1) ?? 0;
}

function nextRow(rows: readonly number[][], a: string, b: string): number[] {
  const above = rows.at(-1) ?? [];
  const row = [a.length];
  for (let i = 1; i <= b.length; i++) {
    const replaced = (above[i - 1] ?? 0) + (a.at(-1) === b[i - 1] ? 0 : 1);
    const swapped = a.at(-1) === b[i - 2] && a.at(-2) === b[i - 1] ? (rows.at(-2)?.[i - 2] ?? 0) + 1 : replaced;
    row.push(Math.min(replaced, swapped, (above[i] ?? 0) + 1, (row[i - 1] ?? 0) + 1));
  }
  return row;
}

/** Ignores case and the choice between hyphen and underscore, which never make the difference between two words. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '');

/** Returns the word nearest to `word`, with at most one edit for every three letters; undefined when none is near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  // The value may be a text of any length, and the table grows with the square of it.
  if (word.length > 60) return undefined;
  const ranked = words.map((candidate) => ({ candidate, edits: distance(plain(word), plain(candidate)) }));
  const best = ranked.sort((a, b) => a.edits - b.edits)[0];
  return best !== undefined && best.edits <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Returns ` (did you mean 'x'?)`, or an empty text. */
export function didYouMean(word: string, words: readonly string[]): string {
  const candidate = nearest(word, words);
  return candidate === undefined ? '' : ` (did you mean '${candidate}'?)`;
}
