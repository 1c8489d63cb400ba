/** Answers of the listener: one JSON object, with a status that tells whether to retry. */

import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Pause, in seconds, before a client should retry. */
const RETRY_AFTER = { 'retry-after': '1' };

const refusal =
  (status: number, text: string, headers?: Answer['headers']) =>
  (more: Answer['body'] = {}): Answer => ({
    status,
    body: { error: text, ...more },
    ...(headers && { headers }),
  });

/** Answers to requests of which nothing was accepted. */
export const REFUSED = {
  badLine: refusal(400, 'not a message'),
  manyHosts: refusal(400, 'more than one Host header'),
  noToken: refusal(401, 'a token is needed: Authorization: Bearer …', { 'www-authenticate': 'Bearer' }),
  notFound: refusal(404, 'there is nothing at this path'),
  notPost: refusal(405, 'expected POST', { allow: 'POST' }),
  bodyTooLarge: refusal(413, 'the body is too large'),
  lineTooLong: refusal(413, 'a line is too long'),
  notJson: refusal(
    415,
    'expected content-type application/json (one message) or application/x-ndjson (one on each line)',
  ),
  encoded: refusal(415, 'expected a body without content-encoding', { 'accept-encoding': 'identity' }),
  wrongHost: refusal(421, 'this listener answers only to the address that it is bound to'),
  noRoom: refusal(429, 'no room: come again', RETRY_AFTER),
  stopping: refusal(503, 'stopping: nothing of this request was accepted', RETRY_AFTER),
} as const;

/** Time, in ms, after which a client is disconnected that keeps sending a body the listener no longer reads. */
const LINGER_MS = 2000;

/**
 * Resolves once the operating system has the answer, or the client has disconnected. A client may pipeline its next request
 * before it has this answer. Until its turn comes, a response has no socket and does not emit `close`, so the request's socket is
 * watched too.
 */
export function write(response: ServerResponse<IncomingMessage>, { status, body, headers }: Answer): Promise<void> {
  const text = `${JSON.stringify(body)}\n`;
  const { req: request } = response;
  const { socket } = request;
  return new Promise((resolve) => {
    const done = () => {
      response.off('close', done);
      socket.off('close', done);
      resolve();
    };
    response.on('close', done);
    socket.on('close', done);
    if (socket.destroyed) return done();
    const length = Buffer.byteLength(text);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers }).end(text);
    if (!request.complete) cutOffLate(request);
  });
}

/** Limits the time for the rest of the body, which is discarded so that the client reads the answer. */
function cutOffLate(request: IncomingMessage): void {
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const stop = () => {
    clearTimeout(timer);
    socket.off('close', stop);
  };
  socket.on('close', stop);
  request.once('end', stop);
}
