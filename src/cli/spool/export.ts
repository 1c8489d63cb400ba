/** `produce spool export`: writes the values of pending messages as lines for `produce send`, and counts what that leaves out. */

import { STANDARD } from '../flags.ts';
import { counted, result, say } from '../output.ts';
import { newFile, standardOutput } from '../print.ts';
import { EXIT, type ExitCode, UsageError } from '../process/exit.ts';
import { type Expressed, express, PARTS, type Part } from './expressed.ts';
import { lossesOf, messagesIn, openView, sayLosses } from './views.ts';

export interface ExportOptions {
  readonly directory: string;
  /** Path of a new file, or `-`. @default the standard output */
  readonly output?: string;
  /** Field of every value that holds the key, as for `produce send`. */
  readonly keyField?: string;
  readonly json?: boolean;
}

interface Tally {
  messages: number;
  written: number;
  readonly leftOut: Record<'value' | 'key', number>;
  /** Number of written messages with a part that their line does not carry. */
  readonly without: Record<Part, number>;
}

export async function exportSpool(options: ExportOptions): Promise<ExitCode> {
  const { directory, output = STANDARD, json } = options;
  if (json && output === STANDARD)
    throw new UsageError('--json needs --output FILE: the messages are on the standard output');
  const view = openView(directory);
  const sink = output === STANDARD ? standardOutput : newFile(output);
  const tally = newTally();
  try {
    for (const messages of messagesIn(view)) {
      const lines = messages.map(({ message }) => noted(tally, express(message, options.keyField)));
      if (!(await sink.write(Buffer.concat(lines)))) break;
    }
  } finally {
    view.close();
    sink.close();
  }
  const lost = sayLosses(await lossesOf(view));
  return report(tally, lost, options);
}

const newTally = (): Tally => ({
  messages: 0,
  written: 0,
  leftOut: { value: 0, key: 0 },
  without: Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<Part, number>,
});

function noted(tally: Tally, expressed: Expressed): Buffer {
  tally.messages++;
  if (expressed.line === undefined) {
    tally.leftOut[expressed.leftOut]++;
    return Buffer.alloc(0);
  }
  tally.written++;
  for (const part of expressed.without) tally.without[part]++;
  return expressed.line;
}

/** The result of a run that failed before it had one. Null stands for an unknown number. */
export const NOTHING_EXPORTED = {
  directory: null,
  messages: null,
  written: null,
  leftOut: null,
  without: null,
  lost: null,
};

function report({ messages, written, leftOut, without }: Tally, lost: number, options: ExportOptions): ExitCode {
  const { directory, keyField, json } = options;
  if (leftOut.value > 0) say(`${counted(leftOut.value, 'message')} left out: the value is not one line of JSON`);
  if (leftOut.key > 0) say(`${counted(leftOut.key, 'message')} left out: the key differs from field '${keyField}'`);
  for (const part of PARTS.filter((one) => without[one] > 0)) {
    const hint = part === 'key' ? '; --key-field names the field of the value that has it' : '';
    say(`${counted(without[part], 'message')} written without ${SAID[part]}: a line is the value alone${hint}`);
  }
  const ok = lost + leftOut.value + leftOut.key === 0 && PARTS.every((part) => without[part] === 0);
  const hint = ok ? '' : '; `produce spool replay` delivers them as they are, `peek` shows them whole';
  say(`${ok ? 'ok' : 'INCOMPLETE'}: ${directory}: ${written} of ${counted(messages, 'message')} written${hint}`);
  if (json) result({ ok, directory, messages, written, leftOut, without, lost });
  return ok ? EXIT.delivered : EXIT.undelivered;
}

const SAID: Readonly<Record<Part, string>> = {
  topic: 'their own topic',
  key: 'their key',
  headers: 'their headers',
  partition: 'their partition',
  timestamp: 'their timestamp',
  isError: 'the mark of an error',
};
