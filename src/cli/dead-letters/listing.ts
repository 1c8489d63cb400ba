/** `produce dead-letters ls` and `show`: print the contents of a dead-letter file. */

import { resolve } from 'node:path';
import type { StoredDeadLetter } from '../../caller/dead-letters/letter-line.ts';
import { deadLetterLine } from '../../caller/dead-letters/letter-line.ts';
import { oneLine } from '../../shared/util/one-line.ts';
import { readDefinitions } from '../configuration.ts';
import { counted, result, say } from '../output.ts';
import { EXIT, type ExitCode, UsageError } from '../process/exit.ts';
import { type Column, table } from '../table.ts';
import { filesOf, unsettled } from './letter-files.ts';
import { isThere } from './read-letters.ts';
import { bytesText, lineText, readableText, reasonText } from './shown-letter.ts';
import { type Survey, survey } from './survey.ts';

export interface ListOptions {
  /** @default the files that the configuration names */
  readonly file?: string;
  readonly config: string;
  readonly limit: number;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

const NOTHING: Survey = { letters: 0, unreadable: 0, torn: 0, byProducer: new Map(), problems: [] };

interface Row {
  readonly number: number;
  readonly letter: StoredDeadLetter;
}

const key = ({ message }: StoredDeadLetter): string =>
  message.key === null ? '-' : bytesText(message.key).slice(0, 20);

const COLUMNS: readonly Column<Row>[] = [
  { title: '', cell: ({ number }) => number },
  { title: 'time', cell: ({ letter }) => new Date(letter.at).toISOString(), align: 'left' },
  { title: 'producer', cell: ({ letter }) => lineText(letter.producer), align: 'left' },
  { title: 'topic', cell: ({ letter }) => lineText(letter.message.topic), align: 'left' },
  { title: 'key', cell: ({ letter }) => key(letter), align: 'left' },
  { title: 'class', cell: ({ letter }) => letter.reasonClass, align: 'left' },
  { title: 'reason', cell: ({ letter }) => reasonText(letter).slice(0, 80), align: 'left' },
];

/** The result of a run that failed before it had one. */
export const NO_LETTERS = { files: [] };

export async function list(options: ListOptions): Promise<ExitCode> {
  const files = options.file === undefined ? await configured(options) : [resolve(options.file)];
  const listed = [];
  for (const file of files) listed.push(await listFile(file, options));
  const ok = listed.every(({ unreadable }) => unreadable === 0);
  if (files.length === 0) say(`${options.config}: no producer has a dead-letter file`);
  if (options.json) result({ ok, files: listed });
  return ok ? EXIT.delivered : EXIT.usage;
}

/** Returns the dead-letter files of a configuration, each once, even if they do not exist yet. */
async function configured({ config, signal }: ListOptions): Promise<string[]> {
  const settings = (await readDefinitions(config, signal)).map(
    (one) => Object(one.config.dead_letter) as { file?: string },
  );
  return [...new Set(settings.flatMap(({ file }) => file ?? []))];
}

async function listFile(file: string, { limit, file: named }: ListOptions) {
  const rows: Row[] = [];
  const take = (letter: StoredDeadLetter) => {
    if (rows.length < limit) rows.push({ number: rows.length + 1, letter });
  };
  const { letters, unreadable, torn, problems } = await survey(file, take).catch(async (error) => {
    if (named === undefined && !(await isThere(file))) return NOTHING;
    throw error;
  });
  const files = letters > 0 ? await filesOf(file) : [];
  if (rows.length > 0) say(`${table(COLUMNS, rows)}\n`);
  for (const problem of problems) say(problem);
  const more = letters > rows.length ? `, the first ${rows.length} shown` : '';
  const parts = files.length > 1 ? ` in ${files.length} files` : '';
  say(`${file}: ${counted(letters, 'dead letter')}${parts}${more}`);
  return { file, letters, unreadable, torn, shown: rows.map(({ letter }) => summaryOf(letter)) };
}

function summaryOf({ id, at, producer, message, reasonClass, reason, attempts }: StoredDeadLetter) {
  const time = new Date(at).toISOString();
  return { id, time, producer, topic: message.topic, reasonClass, reason, attempts: attempts.length };
}

export interface ShowOptions {
  readonly file: string;
  /** Number of the dead letter, counted from 1 as in `ls`. */
  readonly number: number;
  readonly json?: boolean;
}

export async function show({ file, number, json }: ShowOptions): Promise<ExitCode> {
  let count = 0;
  for await (const { letter } of unsettled(resolve(file))) {
    if (letter === undefined || ++count < number) continue;
    say(whole(letter));
    if (json) result(JSON.parse(deadLetterLine(letter)));
    return EXIT.delivered;
  }
  throw new UsageError(`there is no letter ${number} in ${file}, which has ${counted(count, 'letter')}`);
}

function whole(letter: StoredDeadLetter): string {
  const { id, at, producer, message, reasonClass, attempts } = letter;
  const optional = { partition: message.partition, timestamp: message.timestamp, error: message.isError || null };
  const rows: [string, string][] = [
    ['id', lineText(id)],
    ['time', new Date(at).toISOString()],
    ['producer', lineText(producer)],
    ['class', reasonClass],
    ['reason', reasonText(letter)],
    ['topic', lineText(message.topic)],
    ...Object.entries(optional).flatMap(([name, value]): [string, string][] =>
      value === null ? [] : [[name, String(value)]],
    ),
    ['key', message.key === null ? 'none' : bytesText(message.key)],
    ...message.headers.map(([name, value]): [string, string] => [
      'header',
      `${lineText(name)}: ${value === null ? 'none' : bytesText(value)}`,
    ]),
    ...attempts.map(({ at: when, error }): [string, string] => [
      'attempt',
      `${new Date(when).toISOString()}  ${lineText(oneLine(`${error.name}: ${error.message}`))}`,
    ]),
    ['value', message.value === null ? 'none (a tombstone)' : readableText(message.value)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(9)} ${value}`).join('\n');
}
