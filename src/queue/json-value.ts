/** Values as JSON, refused where JSON would leave a part of them out without a word. */

import { types } from 'node:util';
import { isLikeBytes } from './given-bytes.ts';
import { describe, invalid, unreadable } from './refusal.ts';

/** Of a field that is quoted in an error. */
const LONGEST_NAME = 40;

/** What JSON has left out: its place within the value, and what it was. */
interface Lost {
  readonly path: string;
  readonly what: unknown;
}

/**
 * The text of a value's JSON. The text is made first and the value looked at afterwards, so that code of the caller in it
 * (a getter, `toJSON`) says once what is sent. @throws InvalidMessageError
 */
export function jsonText(value: unknown): string {
  const text = stringified(value);
  if (text === undefined || isNoNumber(value)) throw notJson({ path: '', what: value });
  if (typeof value !== 'object' || value === null || (isFlat(text) && isOrdinary(value) && !hasToJson(value)))
    return text;
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

/** JSON has `null` for these. Within a value that is the caller's choice; alone it would be a message that says nothing. */
const isNoNumber = (value: unknown): boolean =>
  typeof value === 'number' ? !Number.isFinite(value) : types.isDate(value) && Number.isNaN(timeOf(value));

const timeOf = Function.prototype.call.bind(Date.prototype.getTime) as (date: Date) => number;

const notJson = ({ path, what }: Lost) => invalid(`value${path}: ${describe(what)} is not a JSON value`);

/** Nothing in it was written as an object or a list, so that there is nothing to look at. */
const isFlat = (text: string): boolean => !text.includes('{', 1) && !text.includes('[', 1);

/** An ordinary object, of whatever realm, or one without a prototype. */
export function isOrdinary(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

const hasToJson = (value: object): boolean => typeof (value as { toJSON?: unknown }).toJSON === 'function';

/** The first part of `value` that is not in `text`, its JSON. */
function lostIn(value: object, text: string): Lost | undefined {
  if (!hasToJson(value)) return lostWithin(value, text);
  // What says itself what it is in JSON is asked again only when something in the text is empty.
  if (types.isDate(value) || !text.includes('{}')) return undefined;
  const said = (value as { toJSON(): unknown }).toJSON();
  return typeof said === 'object' && said !== null ? lostWithin(said, text) : undefined;
}

function lostWithin(value: object, text: string): Lost | undefined {
  if (Array.isArray(value)) return lostInList(value, text);
  if (!isOrdinary(value) && !isData(value)) return { path: '', what: value };
  return types.isBoxedPrimitive(value) ? undefined : lostInFields(value as Readonly<Record<string, unknown>>, text);
}

function lostInList(list: readonly unknown[], text: string): Lost | undefined {
  for (let index = 0; index < list.length; index++) {
    const inner = list[index];
    const lost = typeof inner === 'object' && inner !== null ? lostIn(inner, text) : undefined;
    if (lost !== undefined) return { ...lost, path: `[${index}]${lost.path}` };
  }
  return undefined;
}

function lostInFields(fields: Readonly<Record<string, unknown>>, text: string): Lost | undefined {
  for (const name in fields) {
    const inner = fields[name];
    const lost = typeof inner === 'object' && inner !== null ? lostIn(inner, text) : undefined;
    if (lost !== undefined) return { ...lost, path: `.${name.slice(0, LONGEST_NAME)}${lost.path}` };
  }
  return undefined;
}

/** What JSON would write without its content, even where a field was added to it. */
const isOpaque = (value: object): boolean =>
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

/** An instance of a class has fields of its own in its JSON; without any its JSON would be empty, whatever it holds. */
function isData(value: object): boolean {
  if (isOpaque(value)) return false;
  if (types.isBoxedPrimitive(value)) return !types.isSymbolObject(value);
  return Object.keys(value).length > 0;
}
