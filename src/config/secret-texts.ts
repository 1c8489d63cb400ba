/** The texts by which a value that is no text may come up in a log. */

/** Shorter texts would be found inside ordinary words. */
export const LEAST_HIDDEN = 3;

/** Bytes, dates and instances of classes have no members, or members that mean nothing on their own. */
export function textsOf(value: object): string[] {
  const bytes = bytesOf(value);
  if (bytes !== undefined) return textsOfBytes(bytes);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? [] : [value.toISOString(), String(value)];
  return value.toString === Object.prototype.toString ? [] : textOf(value);
}

/** The method may be of a class of one's own. */
function textOf(value: object): string[] {
  try {
    return [String(value)];
  } catch {
    return [];
  }
}

/** The bytes of a buffer or of a view of one; undefined for any other value. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer ? Buffer.from(value) : undefined;
}

/** How many bytes `util.inspect` shows of a buffer. */
const MOST_INSPECTED = 50;

function textsOfBytes(bytes: Buffer): string[] {
  if (bytes.length < LEAST_HIDDEN) return [];
  const text = bytes.toString();
  const hex = bytes.toString('hex');
  const inspected = hex.slice(0, MOST_INSPECTED * 2).replaceAll(/..(?!$)/g, '$& ');
  const forms = [bytes.toString('base64'), bytes.toString('base64url'), hex, hex.toUpperCase(), inspected];
  const numbers = [bytes.join(','), bytes.join(', ')];
  return [...(Buffer.from(text).equals(bytes) ? [text] : []), ...forms, ...numbers];
}
