/** Patterns for topics: `*` stands for any number of characters, `?` for one; every other character for itself. */

/** Signs of other pattern languages: somebody who writes one means more than this one can say. */
const FOREIGN = /[[\]{}()|^$\\]/;

/** What a text must be to be a pattern, in words. */
export const GLOB_EXPECTED = 'a topic, or a pattern in which * stands for any characters and ? for one';

export const isGlob = (pattern: string): boolean => pattern !== '' && !FOREIGN.test(pattern);

/** Whether a text fits the pattern. The common forms, a plain text and `prefix*`, are compared directly. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const first = pattern.search(/[*?]/);
  if (first < 0) return (text) => text === pattern;
  const prefix = pattern.slice(0, first);
  if (/^\*+$/.test(pattern.slice(first))) return (text) => text.startsWith(prefix);
  return (text) => fits(pattern, text);
}

/**
 * One pass with one place to come back to, the latest `*`: its time is bounded by the product of the lengths, which a
 * regular expression with many stars would not promise for a hostile topic.
 */
function fits(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let index = 0; index < text.length; ) {
    const sign = pattern[at];
    if (sign === '*') {
      star = at++;
      retry = index;
    } else if (sign === '?') {
      at++;
      index += unitsAt(text, index);
    } else if (sign === text[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      retry += unitsAt(text, retry);
      index = retry;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** A character beyond the first 65 536 takes two units of UTF-16. */
const unitsAt = (text: string, index: number): number => ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
