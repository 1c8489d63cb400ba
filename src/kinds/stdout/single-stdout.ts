/** Who has the standard output, looked at for the file as a whole: two would write into each other's lines. */

import type { Found } from '../../config/dead-letter-targets.ts';
import type { Context } from '../../config/definition.ts';
import { quote } from '../../config/report/redact.ts';

/** Reports every producer but the first that writes to the standard output. */
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
