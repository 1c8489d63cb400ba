/** Checks that only one producer of a file writes to the standard output, because two would write into each other's lines. */

import type { Found } from '../../config/dead-letter-targets.ts';
import type { Context } from '../../config/definition.ts';
import { quote } from '../../config/report/redact.ts';

/** Reports every producer that writes to the standard output, except the first. */
export function checkStdout(found: readonly Found[], { reader, source, problems }: Context): void {
  const [first, ...others] = found.filter(({ value }) => value.type === 'stdout');
  if (first === undefined) return;
  const { line } = source.at(reader.marks.offset([...first.path, 'type'], 'value'));
  for (const { path } of others) {
    const here = [...path, 'type'];
    const message = `producer ${quote(String(first.value.name))}, on line ${line}, has the standard output already: expected one alone`;
    problems.add(reader.marks.offset(here, 'value'), here, reader.marks.mask(message));
  }
}
