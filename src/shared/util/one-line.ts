/**
 * Joins the lines of a text into one, without blanks at the breaks. It works line by line. A pattern with a repetition of blanks
 * would try each of them anew, which takes seconds for some thousands of blanks in a server's text.
 */
export const oneLine = (text: string): string =>
  text
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
