/**
 * The body of a request as messages. All of its lines are checked before any message is accepted, and then each is read again
 * when its turn comes: a body of millions of short lines takes no more memory than its bytes.
 */

import type { Pieces } from '../../shared/util/pieces.ts';
import { BadLineError } from '../lines/bad-line.ts';
import type { LineMessage } from '../lines/envelope.ts';
import { type CutLine, isBlank, LineSplitter, withoutMark } from '../lines/lines.ts';
import { type LineFormat, sourceLine } from '../lines/source-line.ts';
import { type Answer, REFUSED } from './answer.ts';
import type { Turns } from './turns.ts';

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

export class Body {
  readonly #pieces: Pieces;
  readonly #media: Media;
  readonly #format: BodyFormat;

  constructor(pieces: Pieces, media: Media, format: BodyFormat) {
    this.#pieces = pieces;
    this.#media = media;
    this.#format = format;
  }

  /** Resolves with the number of messages, or with what is wrong with the first line that is none. */
  async check(turns: Turns, stop: AbortSignal): Promise<number | Answer> {
    let count = 0;
    for (const line of this.#lines()) {
      while (turns.isOver()) await turns.next();
      if (stop.aborted) return REFUSED.stopping();
      const problem = this.#problemOf(line);
      if (problem !== undefined) return problem;
      if (this.#isMessage(line)) count++;
    }
    return count > 0 ? count : badLine(new BadLineError({ file: FILE, line: 1, column: 1 }, EMPTY));
  }

  #problemOf(line: CutLine): Answer | undefined {
    if (line.isTooLong) return REFUSED.lineTooLong({ line: line.number });
    try {
      if (this.#isMessage(line)) sourceLine(line, FILE, this.#format);
      return undefined;
    } catch (error) {
      if (!(error instanceof BadLineError)) throw error;
      return badLine(error);
    }
  }

  /** Only of a body that has been checked. */
  *messages(): Generator<BodyMessage> {
    for (const line of this.#lines())
      if (this.#isMessage(line)) yield { message: onOneLine(sourceLine(line, FILE, this.#format)), line: line.number };
  }

  #isMessage({ bytes }: CutLine): boolean {
    return this.#media === 'json' || !isBlank(bytes);
  }

  /** A single message may be written on several lines. */
  *#lines(): Generator<CutLine> {
    const { blocks, length } = this.#pieces;
    const { maxLineBytes } = this.#format;
    if (this.#media === 'json') {
      const isTooLong = length > maxLineBytes;
      const bytes = withoutMark(Buffer.concat(isTooLong ? [] : blocks));
      if (bytes.length > 0 || isTooLong) yield { bytes, number: 1, end: length, isTooLong };
      return;
    }
    const splitter = new LineSplitter(maxLineBytes);
    for (const block of blocks) yield* splitter.cut(block);
    yield* splitter.end();
  }
}

const EMPTY = 'no message: the body is empty';

const badLine = ({ line, message }: BadLineError): Answer => REFUSED.badLine({ line, problem: message });

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** In JSON a line break is never part of a text, and a consumer that writes messages as lines wants each on one. */
function onOneLine(line: LineMessage): LineMessage {
  const { value } = line.message;
  if (value instanceof Uint8Array && value.includes(LF))
    for (const [index, byte] of value.entries()) if (byte === LF || byte === CR) value[index] = SPACE;
  return line;
}
