/**
 * Parses the body of a request as messages. It checks all lines before any message is accepted, and parses each line again when
 * its turn comes. A body of millions of short lines therefore takes no more memory than its bytes.
 */

import type { Pieces } from '../../shared/util/pieces.ts';
import { BadLineError } from '../lines/bad-line.ts';
import type { LineMessage } from '../lines/envelope.ts';
import { type CutLine, isBlank, LineSplitter, withoutMark } from '../lines/lines.ts';
import { type LineFormat, sourceLine } from '../lines/source-line.ts';
import { type Answer, REFUSED } from './answer.ts';
import type { Turns } from './turns.ts';

/** `json` is one message, `ndjson` one message on each line. */
export type Media = 'json' | 'ndjson';

const MEDIA: Readonly<Record<string, Media>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
};

/** Returns undefined for a content type that the listener does not read. */
export function mediaOf(contentType: string | undefined): Media | undefined {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  return isUtf8 ? MEDIA[type.trim()] : undefined;
}

export interface BodyFormat extends LineFormat {
  readonly maxLineBytes: number;
}

export interface BodyMessage {
  readonly message: LineMessage;
  readonly line: number;
}

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

  /** Resolves with the number of messages, or with the answer about the first line that is not a message. */
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

  /** Yields the messages of a body that `check` has accepted. */
  *messages(): Generator<BodyMessage> {
    for (const line of this.#lines())
      if (this.#isMessage(line)) yield { message: onOneLine(sourceLine(line, FILE, this.#format)), line: line.number };
  }

  #isMessage({ bytes }: CutLine): boolean {
    return this.#media === 'json' || !isBlank(bytes);
  }

  /** Yields the lines; a single `json` message may span several. */
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

/** Replaces line breaks by spaces. JSON has none within strings, and consumers write each message as a line. */
function onOneLine(line: LineMessage): LineMessage {
  const { value } = line.message;
  if (value instanceof Uint8Array && value.includes(LF))
    for (const [index, byte] of value.entries()) if (byte === LF || byte === CR) value[index] = SPACE;
  return line;
}
