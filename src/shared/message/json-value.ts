/** Writes values as JSON, and refuses those of which JSON would silently leave out a part. */

import { types } from 'node:util';
import { isLikeBytes } from './given-bytes.ts';
import { describe, invalid, unreadable } from './refusal.ts';

/** Maximum number of characters of a field's name that an error quotes. */
const LONGEST_NAME = 40;

/** A part that JSON has left out, and its path within the value. */
interface Lost {
  readonly path: string;
  readonly what: unknown;
}

/**
 * Returns the JSON text of a value. The text is made before the value is checked. So code of the caller in it (a getter, `toJSON`)
 * decides only once what is sent. @throws InvalidMessageError
 */
export function jsonText(value: unknown): string {
  const text = stringified(value);
  if (text === undefined || (text === 'null' && isNoNumber(value))) throw notJson({ path: '', what: value });
  if (typeof value !== 'object' || value === null) return text;
  if (isFlat(text) && text !== '{}' && isOrdinary(value) && !hasToJson(value)) return text;
  const lost = lostIn(value, text);
  if (lost !== undefined) throw notJson(lost);
  return text;
}

function stringified(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw unreadable('value: cannot be written as JSON', error);
  }
}

/** Whether JSON writes the value as `null` although it is not null, which alone would be a message without content. */
function isNoNumber(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== null;
  if (types.isNumberObject(value) || types.isDate(value)) return true;
  const said = hasToJson(value) ? (value as { toJSON(): unknown }).toJSON() : null;
  return typeof said === 'number' || types.isNumberObject(said);
}

const notJson = ({ path, what }: Lost) => invalid(`value${path}: ${describe(what)} is not a JSON value`);

/** Whether no part of the value was written as an object or a list, so that there is nothing more to check. */
const isFlat = (text: string): boolean => !text.includes('{', 1) && !text.includes('[', 1);

/** Whether a value is an ordinary object, of whatever realm, or one without a prototype. */
export function isOrdinary(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

const hasToJson = (value: object): boolean => typeof (value as { toJSON?: unknown }).toJSON === 'function';

/** A part of a value that is still to be checked, and the path to it. */
interface Part {
  readonly value: object;
  readonly within: Part | undefined;
  readonly key: string | number;
}

/** Finds a part of `value` that is missing in `text`, its JSON. Without recursion, because JSON.stringify goes deeper. */
function lostIn(value: object, text: string): Lost | undefined {
  const open: Part[] = [{ value, within: undefined, key: '' }];
  const hasEmpty = text.includes('{}');
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const said = saidBy(part.value, hasEmpty);
    if (typeof said !== 'object' || said === null) continue;
    if (!isWritten(said, hasEmpty)) return { path: pathTo(part), what: said };
    addParts(open, said, part);
  }
  return undefined;
}

/** Returns what JSON has written for a value, or undefined. Calls `toJSON` again only when something in the text is empty. */
function saidBy(value: object, hasEmpty: boolean): unknown {
  if (!hasToJson(value)) return value;
  return types.isDate(value) || !hasEmpty ? undefined : (value as { toJSON(): unknown }).toJSON();
}

function addParts(open: Part[], value: object, within: Part): void {
  if (Array.isArray(value)) {
    for (let key = 0; key < value.length; key++) addPart(open, value[key], within, key);
    return;
  }
  for (const key in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    // JSON leaves out inherited fields.
    if (typeof inner === 'object' && Object.hasOwn(value, key)) addPart(open, inner, within, key);
  }
}

function addPart(open: Part[], value: unknown, within: Part, key: string | number): void {
  if (typeof value === 'object' && value !== null) open.push({ value, within, key });
}

function pathTo(last: Part): string {
  const names: string[] = [];
  for (let part: Part | undefined = last; part?.within !== undefined; part = part.within)
    names.unshift(typeof part.key === 'number' ? `[${part.key}]` : `.${part.key.slice(0, LONGEST_NAME)}`);
  return names.join('');
}

/** Whether JSON writes all of an object: a list, an ordinary object, or an instance with data. `hasEmpty`: the text has a `{}`. */
function isWritten(value: object, hasEmpty: boolean): boolean {
  if (isOrdinary(value)) return !hasEmpty || isPlain(value);
  return Array.isArray(value) || isData(value, hasEmpty);
}

/** Whether an object is an ordinary one with its fields, and none of the language's own, such as `Math`. */
export const isPlain = (value: object): boolean =>
  isOrdinary(value) && !isOpaque(value) && (Object.keys(value).length > 0 || tagOf(value) === '[object Object]');

const tagOf = (value: object): string => Object.prototype.toString.call(value);

/** Whether JSON would write the object without its content, even where a field was added to it. */
export const isOpaque = (value: object): boolean =>
  types.isMap(value) ||
  types.isSet(value) ||
  types.isNativeError(value) ||
  value instanceof Error ||
  types.isAnyArrayBuffer(value) ||
  ArrayBuffer.isView(value) ||
  isLikeBytes(value) ||
  types.isPromise(value) ||
  types.isRegExp(value) ||
  types.isWeakMap(value) ||
  types.isWeakSet(value) ||
  types.isDate(value);

/** Whether an instance has fields of its own in its JSON, which functions alone are not. */
function isData(value: object, hasEmpty: boolean): boolean {
  if (isOpaque(value)) return false;
  if (types.isBoxedPrimitive(value)) return !types.isSymbolObject(value);
  if (!hasEmpty) return Object.keys(value).length > 0; // its content is in the text
  return Object.values(value).some((field) => typeof field !== 'function' && typeof field !== 'symbol');
}
