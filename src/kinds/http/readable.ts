/** Extracts the text from the beginning of a body: decompressed, decoded, and without HTML markup. */

import * as zlib from 'node:zlib';

const { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } = zlib;
/** Node has Zstandard since 22.15 and 23.8. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer };

/** Form of a body according to the server's headers. */
export interface BodyForm {
  readonly contentType: unknown;
  readonly contentEncoding: unknown;
}

/** Maximum size after decompression, in bytes. A larger body is not a page for people. */
const LONGEST_TEXT = 1024 * 1024;
const TEXT = /^(?:text\/(?!css)|application\/(?:[\w.-]+\+)?(?:json|xml)\b)/i;
const HTML = /^(?:text\/html|application\/xhtml)/i;
const CHARSET = /charset\s*=\s*["']?([\w.:-]+)/i;

/** A control character that is no tab and ends no line. */
const CONTROL = /(?![\t-\r])\p{Cc}/u;

type Decompress = (bytes: Buffer) => Buffer;

// With this flush, zlib returns what it has where the end of the input is missing.
const FLUSHED = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LONGEST_TEXT };
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: LONGEST_TEXT };
/** `ZSTD_e_flush`. Of a truncated body, zstd returns whole blocks of 128 KiB only. */
const ZSTD = { finishFlush: 1, maxOutputLength: LONGEST_TEXT };
const ZLIB_METHOD = 8;

/** Inflates `deflate`, which should have a zlib header and lacks it with some servers. */
const inflated: Decompress = (bytes) =>
  ((bytes[0] ?? 0) & 0x0f) === ZLIB_METHOD ? inflateSync(bytes, FLUSHED) : inflateRawSync(bytes, FLUSHED);

const ENCODINGS: Readonly<Record<string, Decompress>> = {
  '': (bytes) => bytes,
  identity: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes, FLUSHED),
  'x-gzip': (bytes) => gunzipSync(bytes, FLUSHED),
  deflate: inflated,
  br: (bytes) => brotliDecompressSync(bytes, BROTLI),
  ...(zstdDecompressSync && { zstd: (bytes) => zstdDecompressSync(bytes, ZSTD) }),
};

/** Returns the names of the encodings, in the order in which the server applied them. */
const encodingsOf = (contentEncoding: unknown): string[] =>
  String(contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());

const mayBeText = (contentType: unknown): boolean =>
  contentType === undefined || (typeof contentType === 'string' && TEXT.test(contentType));

/** Returns the encoding that makes a text unreadable here. Undefined if there is none. */
export function foreignEncoding({ contentType, contentEncoding }: BodyForm): string | undefined {
  if (!mayBeText(contentType)) return undefined;
  return encodingsOf(contentEncoding).findLast((name) => !Object.hasOwn(ENCODINGS, name));
}

/** Returns the text, which is empty for a body that is not readable text. */
export function readableText(bytes: Buffer, { contentType, contentEncoding }: BodyForm): string {
  if (!mayBeText(contentType)) return '';
  const plain = decompressed(bytes, contentEncoding);
  if (plain === undefined) return '';
  if (typeof contentType !== 'string') return unnamedText(plain);
  const isHtml = HTML.test(contentType);
  const text = decoded(plain, charsetOf(contentType, isHtml ? plain : undefined));
  return isHtml ? withoutMarkup(text) : text;
}

const PAGE = /^\s*<(?:!doctype|html)\b/i;

/** Decodes a body without a content type. UTF-8 without control characters counts as text; RFC 9110, section 8.3, allows this. */
function unnamedText(bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    if (CONTROL.test(text)) return '';
    return PAGE.test(text) ? withoutMarkup(text) : text;
  } catch {
    return '';
  }
}

/** Returns undefined for an unknown encoding, or bytes that do not have it. */
function decompressed(bytes: Buffer, contentEncoding: unknown): Buffer | undefined {
  try {
    // The encoding that was applied last is removed first.
    const names = encodingsOf(contentEncoding);
    return names.reduceRight((rest: Buffer, name) => (ENCODINGS[name] as Decompress)(rest), bytes);
  } catch {
    return undefined;
  }
}

const BEGIN_OF_PAGE = 1024;

function charsetOf(contentType: string, page: Buffer | undefined): string {
  const inPage = page?.toString('latin1', 0, BEGIN_OF_PAGE) ?? '';
  return CHARSET.exec(contentType)?.[1] ?? CHARSET.exec(inPage)?.[1] ?? 'utf-8';
}

/** Decodes text, and leaves out a character that is cut off at the end. */
function decoded(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder().decode(bytes, { stream: true });
  }
}

/** Each pattern stops at the next opening bracket, so that the time is linear in the length of the page. */
const UNSEEN_PARTS = /<(script|style)\b[\s\S]*?(?:<\/\1\b[^<>]*>?|$)|<!--[\s\S]*?(?:-->|$)/gi;
const TAG = /<[!/?a-z][^<>]*>?/gi;
const ENTITY = /&(#x[\da-f]{1,6}|#\d{1,7}|amp|lt|gt|quot|apos|nbsp);/gi;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const withoutMarkup = (page: string): string =>
  page
    .replace(UNSEEN_PARTS, ' ')
    .replace(TAG, ' ')
    .replace(ENTITY, (_, name: string) => NAMED[name.toLowerCase()] ?? numbered(name.slice(1)));

function numbered(digits: string): string {
  const code = /^x/i.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number(digits);
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : '';
}
