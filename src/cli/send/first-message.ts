/** Checks the first message of an input before a producer connects, so that a mistake is reported at once and sends nothing. */

import { BadLineError } from '../../pipe/lines/bad-line.ts';
import type { Line } from '../../pipe/lines/lines.ts';
import { InvalidMessageError } from '../../shared/errors.ts';
import { RecordWriter } from '../../shared/memory/record-writer.ts';
import type { Input } from './input.ts';
import { type MessageFlags, nothingIn, toMessage } from './send-lines.ts';

/**
 * Returns the input, with all its lines. An input that comes from another program is not waited for: its producer connects meanwhile.
 * @throws BadLineError for a first message that is invalid; UsageError if there is none
 */
export async function withFirstChecked(input: Input, flags: MessageFlags): Promise<Input> {
  if (!input.isAtHand) return input;
  const lines = input.lines[Symbol.asyncIterator]();
  const first = await firstOf(lines);
  const [line] = first;
  if (line === undefined) throw nothingIn(input.name);
  check(line, input.name, flags);
  return { ...input, lines: following(first, lines) };
}

/** Returns the first lines that are not blank, or none. */
async function firstOf(lines: AsyncIterator<readonly Line[]>): Promise<readonly Line[]> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return [];
    if (value.length > 0) return value;
  }
}

function check(line: Line, file: string, flags: MessageFlags): void {
  const writer = new RecordWriter();
  try {
    writer.prepare(toMessage(line, file, flags));
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error;
    throw new BadLineError({ file, line: line.number, column: 1 }, error.message);
  } finally {
    writer.clear();
  }
}

async function* following(
  first: readonly Line[],
  lines: AsyncIterator<readonly Line[]>,
): AsyncGenerator<readonly Line[]> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => lines };
}
