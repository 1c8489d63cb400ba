/** What the listener answers: one JSON object, with a status that says whether to come again. */

import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client that is told to come again is told when, in seconds. */
const RETRY_AFTER = { 'retry-after': '1' };

const refusal =
  (status: number, text: string, headers?: Answer['headers']) =>
  (more: Answer['body'] = {}): Answer => ({
    status,
    body: { error: text, ...more },
    ...(headers && { headers }),
  });

/** Nothing was accepted. */
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

/** A client that goes on sending what nobody reads is cut off after this time. */
const LINGER_MS = 2000;

/**
 * Resolves once the answer is with the system, or the client has gone. A client may send the next request before it has this
 * answer: until its turn comes, an answer has no socket of its own, and does not hear when that closes.
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

/** What is left of the body is thrown away, so that the client gets to the answer. */
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
