/** The text in the beginning of a body: decompressed, decoded, and without the markup of HTML. */

import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** As the server's headers say. */
export interface BodyForm {
  readonly contentType: unknown;
  readonly contentEncoding: unknown;
}

/** Compressed bytes that grow beyond this are no page for people. */
const LONGEST_TEXT = 1024 * 1024;
const TEXT = /^(?:text\/(?!css)|application\/(?:[\w.-]+\+)?(?:json|xml)\b)/i;
const HTML = /^(?:text\/html|application\/xhtml)/i;
const CHARSET = /charset\s*=\s*["']?([\w.:-]+)/i;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0e-\x1f]/;

type Decompress = (bytes: Buffer) => Buffer;

// The flush makes them return what there is where the end is cut off.
const FLUSHED = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LONGEST_TEXT };
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: LONGEST_TEXT };
const ZLIB_METHOD = 8;

/** `deflate` should have a header of zlib, and with some servers has none. */
const inflated: Decompress = (bytes) =>
  ((bytes[0] ?? 0) & 0x0f) === ZLIB_METHOD ? inflateSync(bytes, FLUSHED) : inflateRawSync(bytes, FLUSHED);

const ENCODINGS: Readonly<Record<string, Decompress>> = {
  '': (bytes) => bytes,
  identity: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes, FLUSHED),
  'x-gzip': (bytes) => gunzipSync(bytes, FLUSHED),
  deflate: inflated,
  br: (bytes) => brotliDecompressSync(bytes, BROTLI),
};

/** Empty for what is no text for people. */
export function readableText(bytes: Buffer, { contentType, contentEncoding }: BodyForm): string {
  if (contentType !== undefined && !(typeof contentType === 'string' && TEXT.test(contentType))) return '';
  const plain = decompressed(bytes, contentEncoding);
  if (plain === undefined) return '';
  if (contentType === undefined) return unnamedText(plain);
  const isHtml = HTML.test(contentType);
  const text = decoded(plain, charsetOf(contentType, isHtml ? plain : undefined));
  return isHtml ? withoutMarkup(text) : text;
}

const PAGE = /^\s*<(?:!doctype|html)\b/i;

/** What came without a type: UTF-8 without control characters is text (RFC 9110, section 8.3, lets the receiver look). */
function unnamedText(bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    if (CONTROL.test(text)) return '';
    return PAGE.test(text) ? withoutMarkup(text) : text;
  } catch {
    return '';
  }
}

/** Undefined for an encoding that is not known, or bytes that do not have it. */
function decompressed(bytes: Buffer, contentEncoding: unknown): Buffer | undefined {
  const names = String(contentEncoding ?? '')
    .toLowerCase()
    .split(',');
  try {
    // The one that was applied last comes off first.
    return names.reduceRight((rest: Buffer, name) => (ENCODINGS[name.trim()] as Decompress)(rest), bytes);
  } catch {
    return undefined;
  }
}

const BEGIN_OF_PAGE = 1024;

function charsetOf(contentType: string, page: Buffer | undefined): string {
  const inPage = page?.toString('latin1', 0, BEGIN_OF_PAGE) ?? '';
  return CHARSET.exec(contentType)?.[1] ?? CHARSET.exec(inPage)?.[1] ?? 'utf-8';
}

/** A character that is cut off at the end is left out. */
function decoded(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder().decode(bytes, { stream: true });
  }
}

/** Each pattern ends at the next beginning, so that no page takes longer than its length. */
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
