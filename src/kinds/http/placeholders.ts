/** Fills the placeholders of a URL from a message. Values are percent-encoded, so that none can change the rest of the URL. */

import { hasDotSegment, type Placeholder, pathOf, type UrlTemplate } from '../../config/schema/url-template.ts';
import { PermanentSendError } from '../../shared/errors.ts';
import type { Message } from '../../shared/message/message.ts';

/** Returns path and query of a message's request. @throws PermanentSendError when the message has no value for a placeholder */
export function fillIn({ parts }: UrlTemplate, message: Message): string {
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'string') return only;
  const path = parts.map((part) => (typeof part === 'string' ? part : encoded(part, message))).join('');
  if (hasDotSegment(pathOf(path))) throw new PermanentSendError("'.' or '..' in a value would choose another path");
  return path;
}

function encoded(placeholder: Placeholder, message: Message): string {
  const value = lookUp(placeholder, message);
  if (value !== undefined && value.length > 0) return percentEncoded(Buffer.from(value as string));
  if (placeholder.fallback !== undefined) return percentEncoded(Buffer.from(placeholder.fallback));
  // With an empty value, `/items/{key}` would address the whole collection.
  throw new PermanentSendError(`the message has nothing for ${placeholder.text} in the URL`);
}

function lookUp({ source, path }: Placeholder, message: Message): string | Uint8Array | undefined {
  if (source === 'topic' || source === 'id') return message[source];
  if (source === 'key') return message.key ?? undefined;
  if (source === 'header') return headerOf(message, path[0] as string);
  return fieldOf(message, path);
}

/** Returns the last header of this name. */
const headerOf = (message: Message, wanted: string): Uint8Array | undefined =>
  message.headers.findLast(([name]) => name.toLowerCase() === wanted)?.[1] ?? undefined;

/** Returns a field that is a text, a number or a boolean. Other values have no form in a URL. */
function fieldOf(message: Message, path: readonly string[]): string | undefined {
  let value = parsed(message);
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function parsed(message: Message): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}

/** Encodes all but the unreserved characters of RFC 3986. It works byte by byte, because keys need not be text. */
const percentEncoded = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replaceAll(/[^A-Za-z0-9._~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
