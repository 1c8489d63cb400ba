/**
 * The URL of a request, with placeholders for parts that differ from message to message. The configuration alone decides which
 * server gets the requests, so a placeholder may stand in the path and in the query, never before them.
 *
 *     https://api.example.com/items/{key}?from={header.source:-unknown}
 */

import { nearest } from '../../shared/util/did-you-mean.ts';

/** Stands for a part of the message; `fallback` is used where the message does not have it. */
export interface Placeholder {
  readonly source: 'topic' | 'key' | 'id' | 'header' | 'field';
  /** The name of a header, or the keys that lead to a field. */
  readonly path: readonly string[];
  readonly fallback: string | undefined;
  /** The placeholder as it was written, for messages. */
  readonly text: string;
}

export interface UrlTemplate {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query: placeholders, and texts that are sent as they are. */
  readonly parts: readonly (string | Placeholder)[];
}

const URL_PARTS = /^(https?):\/\/([^/?#]*)(.*)$/is;
const BRACES = /\{([^{}]*)\}/g;
const WORDS = ['topic', 'key', 'id'] as const;
const FORMS = '{topic}, {key}, {id}, {header.NAME} or {field.a.b}';
/** The characters that a request line may hold unescaped. */
const SENDABLE = /^[\x21-\x7e]*$/;

/** The reason why a text is no URL template. It does not repeat the text, which may hold a secret. */
export class UrlProblem extends Error {}

/** Parses a URL template. @throws UrlProblem */
export function parseUrlTemplate(text: string): UrlTemplate {
  const [, scheme = '', authority = '', rest = ''] = URL_PARTS.exec(text.trim()) ?? [];
  if (scheme === '') throw new UrlProblem('expected a URL that begins with http:// or https://');
  const origin = originOf(scheme, authority);
  if (rest.includes('#')) throw new UrlProblem("a fragment is never sent: leave out the '#' and what follows it");
  const parts = split(rest.startsWith('/') ? rest : `/${rest}`);
  for (const part of parts) if (typeof part === 'string') assertLiteral(part);
  if (hasDotSegment(pathOf(parts.map((part) => (typeof part === 'string' ? part : 'x')).join(''))))
    throw new UrlProblem("the path may not hold the segments '.' and '..'");
  assertFillable(parts.filter((part) => typeof part !== 'string'));
  return { origin, parts };
}

/** No message has both a text in a field and other fields within it. */
function assertFillable(placeholders: readonly Placeholder[]): void {
  const needed = placeholders.filter(({ source, fallback }) => source === 'field' && fallback === undefined);
  for (const outer of needed) {
    const isWithin = ({ path }: Placeholder) => outer.path.every((key, at) => key === path[at]);
    const inner = needed.find((one) => one.path.length > outer.path.length && isWithin(one));
    if (inner !== undefined)
      throw new UrlProblem(
        `no message has both ${outer.text} and ${inner.text}, because the second lies within the first`,
      );
  }
}

function originOf(scheme: string, authority: string): string {
  if (authority.includes('@'))
    throw new UrlProblem("user name and password belong under 'auth', not into the URL (what stands before the '@')");
  if (/[{}]/.test(authority))
    throw new UrlProblem('the host is fixed: placeholders may stand in the path and in the query');
  try {
    return new URL(`${scheme}://${authority}`).origin;
  } catch {
    throw new UrlProblem('expected a URL with a host, and a port where it is not the usual one');
  }
}

function split(text: string): (string | Placeholder)[] {
  const parts: (string | Placeholder)[] = [];
  let end = 0;
  for (const match of text.matchAll(BRACES)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(placeholder(match[1] as string));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

function placeholder(inner: string): Placeholder {
  const [, name = '', fallback] = /^(.*?)(?::-(.*))?$/s.exec(inner) ?? [];
  const rest = { fallback, text: `{${name}}` };
  const word = WORDS.find((one) => one === name);
  if (word !== undefined) return { source: word, path: [], ...rest };
  const [, source, path = ''] = /^(header|field)\.(.+)$/s.exec(name) ?? [];
  if (source === 'header') return { source, path: [path.toLowerCase()], ...rest };
  if (source === 'field' && path.split('.').every((key) => key !== ''))
    return { source, path: path.split('.'), ...rest };
  const near = nearest(name, WORDS);
  throw new UrlProblem(
    `unknown placeholder${near === undefined ? '' : ` (did you mean {${near}}?)`}, expected ${FORMS}`,
  );
}

function assertLiteral(text: string): void {
  if (/[{}]/.test(text)) throw new UrlProblem('a brace without its other half; as a character write %7B and %7D');
  if (!SENDABLE.test(text))
    throw new UrlProblem('a space, a control character or one beyond ASCII: write it percent-encoded, such as %20');
}

export const pathOf = (text: string): string => text.split('?', 1)[0] as string;

/** Whether a path has a segment `.` or `..`, also encoded. Servers resolve these, some after decoding a slash. */
export const hasDotSegment = (path: string): boolean =>
  path.split(/\/|\\|%2f|%5c/i).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
