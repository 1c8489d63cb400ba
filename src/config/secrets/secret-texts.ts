/** The texts by which a value that is no text may come up in a log. */

/** Shorter texts would be found inside ordinary words. */
export const LEAST_HIDDEN = 3;

/** What has more bytes is no secret that a log would quote. */
const MOST_BYTES = 1024 * 1024;

/**
 * Bytes, dates and instances of classes have no members, or members that mean nothing on their own. `isWhole`: in all forms that are known
 * of it, because it is a secret as a whole.
 */
export function textsOf(value: object, isWhole: boolean): string[] {
  const bytes = bytesOf(value);
  if (bytes !== undefined)
    return bytes.length > MOST_BYTES ? [] : isWhole ? textsOfBytes(value, bytes) : [bytes.toString()];
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? [] : [value.toISOString(), String(value)];
  return textOf(value);
}

/** The method may be of a class of one's own. */
function textOf(value: object): string[] {
  try {
    return value.toString === Object.prototype.toString ? [] : [String(value)];
  } catch {
    return [];
  }
}

/** The bytes of a buffer or of a view of one, none where it was transferred away; undefined for any other value. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (ArrayBuffer.isView(value)) return value.byteLength === 0 ? Buffer.alloc(0) : viewOf(value);
  if (!(value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)) return undefined;
  return value.byteLength === 0 ? Buffer.alloc(0) : Buffer.from(value);
}

const viewOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);

/** How many bytes or numbers `util.inspect` shows, of a Buffer and of anything else. */
const MOST_INSPECTED = [50, 100];

function textsOfBytes(value: object, bytes: Buffer): string[] {
  if (bytes.length < LEAST_HIDDEN) return [];
  const text = bytes.toString();
  const hex = bytes.toString('hex');
  const inspected = MOST_INSPECTED.map((most) => hex.slice(0, most * 2).replaceAll(/..(?!$)/g, '$& '));
  const forms = [bytes.toString('base64'), bytes.toString('base64url'), hex, hex.toUpperCase(), ...inspected];
  return [...(Buffer.from(text).equals(bytes) ? [text] : []), ...forms, ...lists(bytes), ...lists(numbersOf(value))];
}

/** The numbers that an array of numbers is shown as, which may have several bytes each. */
const numbersOf = (value: object): string[] =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as ArrayLike<number | bigint>, (one) =>
        typeof one === 'bigint' ? `${one}n` : `${one}`,
      )
    : [];

/** Numbers in JSON, as a list and by their places, and as `util.inspect` shows them. */
function lists(given: ArrayLike<number | string>): string[] {
  const numbers = Array.from(given, String);
  if (numbers.length < LEAST_HIDDEN) return [];
  const byPlace = numbers.map((number, place) => `"${place}":${number}`);
  const shown = [...MOST_INSPECTED.map((most) => numbers.slice(0, most)), numbers];
  return [numbers.join(','), byPlace.join(','), ...shown.map((some) => some.join(', '))];
}
