/**
 * A text on one line, without blanks at the breaks. Line by line: a pattern with a repetition of blanks would try each of them
 * anew, which takes seconds for some thousands in what a server says.
 */
export const oneLine = (text: string): string =>
  text
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
