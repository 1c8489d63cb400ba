/** Decides whether a request is admitted, before any of its body is read. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HEALTH_PATH } from '../../config/sources/schema.ts';
import { isLoopback, isSameHost } from '../../shared/util/loopback.ts';
import { type Answer, REFUSED } from './answer.ts';
import { mediaOf } from './parse-body.ts';

export interface AdmissionRules {
  readonly path: string;
  readonly token: string | undefined;
  /** Host that the listener is configured to bind to. */
  readonly host: string;
  readonly maxBodyBytes: number;
}

/** A check of the request's head, which returns the answer to a refused request. */
type Check = (request: IncomingMessage, rules: AdmissionRules) => Answer | undefined;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares digests, because they have one length and so take the same time whatever the token is. */
const hasToken: Check = ({ headers }, { token }) => {
  if (token === undefined) return undefined;
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token)) ? undefined : REFUSED.noToken();
};

/** Refuses a second Host header, because a proxy may have checked the other one. */
const hasOneHost: Check = ({ rawHeaders }) => {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === 'host').length > 1 ? REFUSED.manyHosts() : undefined;
};

const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/;

/** Refuses a foreign host name, against DNS rebinding by a web page. With a token this is not needed. */
const isMeant: Check = (request, { token, host }) => {
  const { authority } = targetOf(request);
  if (token !== undefined || authority === undefined) return undefined;
  const [, ipv6, name = ''] = HOST.exec(authority) ?? [];
  const named = ipv6 ?? name;
  return isLoopback(named) || isSameHost(named, host) ? undefined : REFUSED.wrongHost();
};

interface Target {
  readonly authority: string | undefined;
  readonly path: string;
}

/** The absolute form of a URL, as it is sent to proxies. A server must accept it, and then ignores Host (RFC 9112, 3.2.2). */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i;

function targetOf({ url = '', headers }: IncomingMessage): Target {
  const [beginning = '', authority = headers.host] = ABSOLUTE_FORM.exec(url) ?? [];
  const path = url.slice(beginning.length).split('?', 1)[0] as string;
  return { authority, path: path === '' ? '/' : path };
}

export const pathOf = (request: IncomingMessage): string => targetOf(request).path;

const isHere: Check = (request, { path }) => (pathOf(request) === path ? undefined : REFUSED.notFound());

const isPost: Check = ({ method }) => (method === 'POST' ? undefined : REFUSED.notPost());

const isRead: Check = ({ headers }) => {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return REFUSED.encoded();
  return mediaOf(headers['content-type']) === undefined ? REFUSED.notJson() : undefined;
};

/** Checks the announced length. A body without one is counted while it is read. */
const isNotTooLarge: Check = ({ headers }, { maxBodyBytes }) =>
  Number(headers['content-length'] ?? 0) > maxBodyBytes
    ? REFUSED.bodyTooLarge({ max_body_bytes: maxBodyBytes })
    : undefined;

const CHECKS: readonly Check[] = [hasOneHost, isMeant, hasToken, isHere, isPost, isRead, isNotTooLarge];

export function refusalOf(request: IncomingMessage, rules: AdmissionRules): Answer | undefined {
  for (const check of CHECKS) {
    const answer = check(request, rules);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** Whether a request only asks if the pipeline runs. */
export const isHealthCheck = (request: IncomingMessage): boolean =>
  pathOf(request) === HEALTH_PATH && (request.method === 'GET' || request.method === 'HEAD');
