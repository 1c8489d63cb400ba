/** Reads what a request asks for from its first line and its headers. */

import type { IncomingMessage } from 'node:http';

export interface RequestTarget {
  /** Host and port that the client believes it talks to. */
  readonly authority: string | undefined;
  /** Path without the query; `/` if the request has none. */
  readonly path: string;
  /** The query without its question mark; empty if the request has none. */
  readonly query: string;
}

/** The absolute form of a URL, as it is sent to proxies. A server must accept it, and then ignores Host (RFC 9112, 3.2.2). */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i;

export function targetOf({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): RequestTarget {
  const [beginning = '', authority = headers.host] = ABSOLUTE_FORM.exec(url) ?? [];
  const rest = url.slice(beginning.length);
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  return { authority, path: path === '' ? '/' : path, query: mark < 0 ? '' : rest.slice(mark + 1) };
}

export const pathOf = (request: Pick<IncomingMessage, 'url' | 'headers'>): string => targetOf(request).path;
