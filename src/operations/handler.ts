/** Answers the requests of the operations endpoint, in a server of its own or of the application. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { asError } from '../shared/errors.ts';
import { bearsToken, hasOneHost, meansHost } from '../shared/http/admission.ts';
import { type RequestTarget, targetOf } from '../shared/http/request-target.ts';
import { type Answer, REFUSED, write, wrongMethod } from './answer.ts';

/** Answers one path. */
export interface Resource {
  /** Whether the path needs no token, because it has nothing to hide. */
  readonly isOpen?: boolean;
  /** @default GET, and HEAD with it */
  readonly method?: 'POST';
  answer(request: IncomingMessage, target: RequestTarget): Answer | Promise<Answer>;
}

export interface HandlerOptions {
  /** What clients send as `Authorization: Bearer`. @default none: every client is let in */
  readonly token?: string | undefined;
  /** Path under which the handler is mounted, such as `/operations`. @default '', at the root */
  readonly path?: string;
  /** Address that the server is bound to. Without a token, requests that name another host are refused. @default not checked */
  readonly host?: string;
}

export type Handler = (request: IncomingMessage, response: ServerResponse<IncomingMessage>) => void;

/** Calls `failed` once for an error while answering. The client then gets a 500, or a closed connection where that cannot be sent. */
export function handlerOf(
  resources: ReadonlyMap<string, Resource>,
  options: HandlerOptions,
  failed: (error: Error) => void,
): Handler {
  return (request, response) => {
    answerTo(request, { resources, options })
      .then((answer) => write(response, answer))
      .catch((error) => {
        refuse(response);
        failed(asError(error));
      });
  };
}

/** Answers 500, or closes the connection where an answer has begun or cannot be written. Never throws. */
function refuse(response: ServerResponse<IncomingMessage>): void {
  try {
    if (response.headersSent) response.destroy();
    else write(response, REFUSED.failed);
  } catch {
    response.destroy();
  }
}

interface Site {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly options: HandlerOptions;
}

async function answerTo(request: IncomingMessage, site: Site): Promise<Answer> {
  const { token, host, path: prefix = '' } = site.options;
  if (!hasOneHost(request)) return REFUSED.manyHosts;
  if (token === undefined && host !== undefined && !meansHost(request, host)) return REFUSED.wrongHost;
  const target = targetOf(request);
  if (target.path === prefix) return redirect(`${prefix}/`);
  const resource = target.path.startsWith(prefix) ? site.resources.get(target.path.slice(prefix.length)) : undefined;
  if (resource === undefined) return REFUSED.notFound;
  const { method = 'GET', isOpen = false } = resource;
  if (request.method !== method && !(method === 'GET' && request.method === 'HEAD'))
    return wrongMethod(method === 'GET' ? 'GET, HEAD' : method);
  if (token !== undefined && !isOpen && !bearsToken(request, token)) return REFUSED.noToken;
  return resource.answer(request, target);
}

/** The page names its files relative to its own path, which must therefore end with a slash. */
const redirect = (location: string): Answer => ({ status: 308, type: 'text/plain', body: '', headers: { location } });
