/** Formats tables for a person: words to the left, numbers to the right. */

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => string | number;
  readonly align?: 'left' | 'right';
}

export function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = columns.map(({ title, cell, align }) =>
    aligned([title, ...rows.map((row) => String(cell(row)))], align),
  );
  const lines = Array.from({ length: rows.length + 1 }, (_, line) => line);
  return lines
    .map((line) =>
      cells
        .map((column) => column[line])
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function aligned(texts: readonly string[], align: 'left' | 'right' = 'right'): string[] {
  const width = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => (align === 'left' ? text.padEnd(width) : text.padStart(width)));
}
