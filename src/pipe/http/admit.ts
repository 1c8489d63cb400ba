/** Decides whether a request is admitted, before any of its body is read. */

import type { IncomingMessage } from 'node:http';
import { HEALTH_PATH } from '../../config/sources/schema.ts';
import { bearsToken, hasOneHost, meansHost } from '../../shared/http/admission.ts';
import { pathOf } from '../../shared/http/request-target.ts';
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

const hasToken: Check = (request, { token }) =>
  token === undefined || bearsToken(request, token) ? undefined : REFUSED.noToken();

const namesOneHost: Check = (request) => (hasOneHost(request) ? undefined : REFUSED.manyHosts());

/** Refuses a foreign host name, against DNS rebinding by a web page. With a token this is not needed. */
const isMeant: Check = (request, { token, host }) =>
  token !== undefined || meansHost(request, host) ? undefined : REFUSED.wrongHost();

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

const CHECKS: readonly Check[] = [namesOneHost, isMeant, hasToken, isHere, isPost, isRead, isNotTooLarge];

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
