/** What a terminal shows of the bytes that it was sent, as far as a line that is drawn again and again needs it. */

const ESCAPE = '\x1b';
const TOKEN = new RegExp(`${ESCAPE}\\[[\\d;?]*[A-Za-z]|[\\s\\S]`, 'gu');

/** Returns the rows from top to bottom, with colours taken out. Understands CR, LF, and clearing to the end of the row. */
export function rowsOf(output: string): string[] {
  const rows = [''];
  let column = 0;
  for (const [token] of output.matchAll(TOKEN)) {
    const row = rows.at(-1) as string;
    if (token === '\r') column = 0;
    else if (token === '\n') rows.push('');
    else if (token === `${ESCAPE}[K`) rows[rows.length - 1] = row.slice(0, column);
    else if (!token.startsWith(ESCAPE)) {
      rows[rows.length - 1] = row.slice(0, column).padEnd(column) + token + row.slice(column + 1);
      column++;
    }
    if (token === '\n') column = 0;
  }
  return rows;
}
