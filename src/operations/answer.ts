/** Answers of the operations endpoint, and the headers that all of them have. */

import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The page loads nothing but its own files, talks to its own server only, and no other page may frame it. */
const CONTENT_POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': CONTENT_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export const json = (status: number, body: unknown, headers?: Answer['headers']): Answer => ({
  ...{ status, type: 'application/json', body: `${JSON.stringify(body)}\n` },
  ...(headers && { headers }),
});

const refusal = (status: number, error: string, headers?: Answer['headers']): Answer =>
  json(status, { error }, headers);

export const REFUSED = {
  manyHosts: refusal(400, 'more than one Host header'),
  noToken: refusal(401, 'a token is needed: Authorization: Bearer …', { 'www-authenticate': 'Bearer' }),
  notFound: refusal(404, 'there is nothing at this path'),
  wrongHost: refusal(421, 'this listener answers only to the address that it is bound to'),
  failed: refusal(500, 'this request failed: the log has the reason'),
} as const;

export const wrongMethod = (allow: string): Answer => refusal(405, `expected ${allow}`, { allow });

export function write(response: ServerResponse<IncomingMessage>, { status, type, body, headers }: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': length, ...headers }).end(body);
}
