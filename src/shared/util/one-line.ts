/** Joins the lines of a text. A pattern with repeated blanks would take seconds for some thousands of blanks in a row. */
export const oneLine = (text: string): string =>
  text
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
