/** Patterns for topics: `*` matches any number of characters, `?` matches one, and every other character matches itself. */

/** Signs of other pattern languages. A pattern that has one was meant for another language. */
const FOREIGN = /[[\]{}()|^$\\]/;

export const GLOB_EXPECTED = 'a topic, or a pattern in which * stands for any characters and ? for one';

export const isGlob = (pattern: string): boolean => pattern !== '' && !FOREIGN.test(pattern);

/** Returns a function that tells whether a text matches the pattern. A plain text and `prefix*` are compared directly. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const first = pattern.search(/[*?]/);
  if (first < 0) return (text) => text === pattern;
  const prefix = pattern.slice(0, first);
  if (/^\*+$/.test(pattern.slice(first))) return (text) => text.startsWith(prefix);
  return (text) => fits(pattern, text);
}

/** Matches in one pass, and returns at most to the latest `*`, so the product of the lengths bounds its time. */
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

/** Length of the character at `index` in units of UTF-16. A character beyond the first 65 536 takes two. */
const unitsAt = (text: string, index: number): number => ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
