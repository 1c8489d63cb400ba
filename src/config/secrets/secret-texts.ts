/** Finds the texts by which a value that is no text may appear in a log. */

/** Minimum length of a text that is masked. Shorter ones would be found inside ordinary words. */
export const LEAST_HIDDEN = 3;

/** Encodes a text as `application/x-www-form-urlencoded` does. */
export const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

/** Maximum size in bytes of a secret. No log would quote a larger value. */
const MOST_BYTES = 1024 * 1024;

/** Returns the texts of a value without members of their own: bytes, dates, instances. `isWhole`: the value is a secret itself. */
export function textsOf(value: object, isWhole: boolean): string[] {
  const bytes = bytesOf(value);
  if (bytes !== undefined)
    return bytes.length > MOST_BYTES ? [] : isWhole ? textsOfBytes(value, bytes) : [bytes.toString()];
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? [] : [value.toISOString(), String(value)];
  return textOf(value);
}

/** Returns the result of `toString`, which may be a method of a user's own class and may throw. */
function textOf(value: object): string[] {
  try {
    return value.toString === Object.prototype.toString ? [] : [String(value)];
  } catch {
    return [];
  }
}

/** Returns the bytes of a buffer or of a view of one, none where it was transferred away. Undefined for any other value. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (ArrayBuffer.isView(value)) return value.byteLength === 0 ? Buffer.alloc(0) : viewOf(value);
  if (!(value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)) return undefined;
  return value.byteLength === 0 ? Buffer.alloc(0) : Buffer.from(value);
}

const viewOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);

/** Maximum number of bytes or numbers that `util.inspect` shows: the first of a Buffer, the second of any other array. */
const MOST_INSPECTED = [50, 100];

function textsOfBytes(value: object, bytes: Buffer): string[] {
  if (bytes.length < LEAST_HIDDEN) return [];
  const text = bytes.toString();
  const hex = bytes.toString('hex');
  const inspected = MOST_INSPECTED.map((most) => hex.slice(0, most * 2).replaceAll(/..(?!$)/g, '$& '));
  const forms = [bytes.toString('base64'), bytes.toString('base64url'), hex, hex.toUpperCase(), ...inspected];
  return [...(Buffer.from(text).equals(bytes) ? [text] : []), ...forms, ...lists(bytes), ...lists(numbersOf(value))];
}

/** Returns the numbers of a typed array, which may have several bytes each, as they are shown. */
const numbersOf = (value: object): string[] =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as ArrayLike<number | bigint>, (one) =>
        typeof one === 'bigint' ? `${one}n` : `${one}`,
      )
    : [];

/** Returns numbers as JSON has them, as a list and by index, and as `util.inspect` shows them. */
function lists(given: ArrayLike<number | string>): string[] {
  const numbers = Array.from(given, String);
  if (numbers.length < LEAST_HIDDEN) return [];
  const byPlace = numbers.map((number, place) => `"${place}":${number}`);
  const shown = [...MOST_INSPECTED.map((most) => numbers.slice(0, most)), numbers];
  return [numbers.join(','), byPlace.join(','), ...shown.map((some) => some.join(', '))];
}
