/** The body of a request as messages: all of them, or the first thing that is wrong with them. */

import { BadLineError } from '../lines/bad-line.ts';
import type { LineMessage } from '../lines/envelope.ts';
import { type Line, LineSplitter, withoutMark } from '../lines/lines.ts';
import { type LineFormat, sourceLine } from '../lines/source-line.ts';
import { type Answer, REFUSED } from './answer.ts';

/** One message, or one on each line. */
export type Media = 'json' | 'ndjson';

const MEDIA: Readonly<Record<string, Media>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
};

/** Undefined for what the listener does not read. */
export function mediaOf(contentType: string | undefined): Media | undefined {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  return isUtf8 ? MEDIA[type.trim()] : undefined;
}

export interface BodyFormat extends LineFormat {
  readonly maxLineBytes: number;
}

/** A message and the number of its line. */
export interface BodyMessage {
  readonly message: LineMessage;
  readonly line: number;
}

/** What the body is called in errors. */
const FILE = 'body';

/** Everything is read before anything is accepted. */
export function parseBody(body: Buffer, media: Media, format: BodyFormat): BodyMessage[] | Answer {
  try {
    const messages = linesOf(body, media, format.maxLineBytes).map((line) => ({
      message: onOneLine(sourceLine(line, FILE, format)),
      line: line.number,
    }));
    if (messages.length > 0) return messages;
    throw new BadLineError({ file: FILE, line: 1, column: 1 }, 'no message: the body is empty');
  } catch (error) {
    if (error instanceof LineTooLong) return REFUSED.lineTooLong({ line: error.line });
    if (!(error instanceof BadLineError)) throw error;
    return REFUSED.badLine({ line: error.line, problem: error.message });
  }
}

class LineTooLong extends Error {
  readonly line: number;

  constructor(line: number) {
    super();
    this.line = line;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** In JSON a line break is never part of a text, and whoever writes messages as lines wants each on one. */
function onOneLine(line: LineMessage): LineMessage {
  const { value } = line.message;
  if (value instanceof Uint8Array && value.includes(LF))
    for (const [index, byte] of value.entries()) if (byte === LF || byte === CR) value[index] = SPACE;
  return line;
}

/** A single message may be written on several lines. */
function linesOf(body: Buffer, media: Media, maxLineBytes: number): Line[] {
  if (media === 'json') {
    if (body.length > maxLineBytes) throw new LineTooLong(1);
    const bytes = withoutMark(body);
    return bytes.length === 0 ? [] : [{ bytes, number: 1 }];
  }
  const splitter = new LineSplitter(maxLineBytes);
  const lines = [...splitter.push(body), ...splitter.end()];
  const bad = lines.find(({ isTooLong }) => isTooLong);
  if (bad !== undefined) throw new LineTooLong(bad.number);
  return lines;
}
