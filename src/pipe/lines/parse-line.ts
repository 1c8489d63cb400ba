/** Parses one line of input as a message. Its bytes are checked and not changed. */

import { isUtf8 } from 'node:buffer';
import { quote } from '../../config/report/redact.ts';
import { isWellFormed } from '../../shared/message/well-formed.ts';
import { BadLineError, type Place } from './bad-line.ts';
import { jsonProblem } from './json-problem.ts';
import type { Line } from './lines.ts';

export interface KeyOptions {
  /** Key of every message. */
  readonly key?: string;
  /** Field of every line that holds the message's key. */
  readonly keyField?: string;
}

export interface LineMessage {
  readonly key: string | null;
  readonly value: Buffer | null;
}

/**
 * Returns the message of a line. The value is the original text, because parsing and writing it again would lose digits of large
 * numbers. The line `null` is a tombstone. @throws BadLineError with the location of the problem
 */
export function messageOf(line: Line, file: string, { key, keyField }: KeyOptions): LineMessage {
  const parsed = parseLine(line, file);
  const found = keyField === undefined ? key : keyIn(parsed, keyField, { file, line: line.number, column: 1 });
  return { key: found ?? null, value: parsed === null ? null : line.bytes };
}

/** Returns the line's JSON. @throws BadLineError with the location of the problem */
export function parseLine({ bytes, number }: Line, file: string): unknown {
  if (!isUtf8(bytes)) throw new BadLineError({ file, line: number, column: 1 }, 'this line is not UTF-8 text');
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    const { offset, message } = jsonProblem(text);
    throw new BadLineError({ file, ...placeIn(text, offset, number) }, `invalid JSON: ${message}`);
  }
}

/** Returns line and column of an offset, because a value from a flag may have several lines. */
function placeIn(text: string, offset: number, number: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: number + before.length - 1, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Returns the key in a field of the line; without it, a message could overtake others of that key. @throws BadLineError */
export function keyIn(parsed: unknown, name: string, at: Place): string {
  const field = isRecord(parsed) && Object.hasOwn(parsed, name) ? parsed[name] : undefined;
  if (typeof field === 'string' && isWellFormed(field)) return field;
  if (typeof field === 'boolean' || Number.isSafeInteger(field)) return String(field);
  const found = isRecord(parsed) ? kindOf(field) : `the line is ${kindOf(parsed)}`;
  const wanted = `expected field ${quote(name)} with a text, a whole number or a boolean for the key`;
  throw new BadLineError(at, `${wanted}, got ${found}`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return 'a text with a lone surrogate';
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'number' ? 'a number that is not whole or too large' : `a ${typeof value}`;
}
