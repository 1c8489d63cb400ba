/** Text in columns. */

export function table(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => line(row, widths)).join('\n');
}

const line = (row: readonly string[], widths: readonly number[]) =>
  row
    .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number)))
    .join('  ')
    .trimEnd();
