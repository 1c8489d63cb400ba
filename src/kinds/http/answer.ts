/** Decides what a server's answer means for the messages of its request. */

import { STATUS_CODES } from 'node:http';
import { PermanentSendError, TransientSendError } from '../../shared/errors.ts';
import { retryAfterMs } from './retry-after.ts';
import type { HttpConfig } from './schema.ts';

/** An answer that was received completely. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: unknown;
  readonly date: unknown;
  /** Beginning of the server's text about a refusal, made safe for display. */
  readonly excerpt: string;
}

const TLS_PORT = "the port speaks TLS: begin 'url' with https://";
const CERTIFICATE =
  "the server wants a certificate of this client, or refuses the one it has: check 'ssl_certfile' and 'ssl_keyfile'";
const LATE_CERTIFICATE =
  "the server asks for a certificate after the handshake, which Node cannot answer with TLS 1.3: let it ask during the handshake ('SSLVerifyClient' for the whole virtual host), or speak TLS 1.2";

/**
 * Answers that a server would give to any message, because the connection to it is wrong. Each begins with this text or with the
 * title of its page. A match elsewhere in the answer may be an echo of the message.
 */
const MISCONNECTED: readonly (readonly [pattern: RegExp, advice: string, setting: string])[] = [
  [/^(?:400 )?(?:No required SSL certificate|(?:The )?SSL certificate error)/i, CERTIFICATE, 'ssl_certfile'],
  [
    /^(?:400 )?(?:The plain HTTP request was sent to HTTPS port|Client sent an HTTP request to an HTTPS server)/i,
    TLS_PORT,
    'url',
  ],
  [
    // IIS names 403.7 (required), 403.13 (revoked), 403.16 (untrusted) and 403.17 (expired).
    /^(?:IIS [\d.]+ Detailed Error - |HTTP Error )?403\.(?:7|13|16|17)\b(?: - |:? )Forbidden/i,
    CERTIFICATE,
    'ssl_certfile',
  ],
  [
    /^(?:403 )?(?:Client certificate required|The (?:requested )?page requires a (?:valid )?(?:SSL )?client certificate)/i,
    CERTIFICATE,
    'ssl_certfile',
  ],
  [
    // The pages of Apache httpd have a title and a heading, which are the same for every answer with their status.
    /^(?:(?:403 )?Forbidden )*(?:You don't have permission to access this resource\. ?)?Reason: Cannot perform Post-Handshake Authentication\./i,
    LATE_CERTIFICATE,
    'url',
  ],
  [
    /^(?:(?:400 )?Bad Request )*(?:Your browser sent a request that this server could not understand\. )?Reason: You.re speaking plain HTTP to an SSL-enabled/i,
    TLS_PORT,
    'url',
  ],
];
/** nginx's own statuses for these answers, by their index in `MISCONNECTED`. It shows them as 400 unless configured otherwise. */
const BY_STATUS: ReadonlyMap<number, number> = new Map([
  [495, 0],
  [496, 0],
  [497, 1],
]);
/** Statuses that servers give these answers. */
const BY_TEXT: ReadonlySet<number> = new Set([400, 403]);

/** Whether the text of an answer with this status may report a fault of the connection. */
export const mayReportMisconnection = (status: number): boolean => BY_TEXT.has(status);

/** Returns the fault of the connection, if the answer reports one. Undefined for an answer about the request. */
export function misconnection({
  status,
  excerpt,
}: Answer): { readonly advice: string; readonly setting: string } | undefined {
  const byStatus = MISCONNECTED[BY_STATUS.get(status) ?? -1];
  const byText = mayReportMisconnection(status) ? MISCONNECTED.find(([pattern]) => pattern.test(excerpt)) : undefined;
  const [, advice, setting] = byStatus ?? byText ?? [];
  return advice === undefined || setting === undefined ? undefined : { advice, setting };
}

export interface Asked {
  readonly origin: string;
  /** Number of messages that the request carried. */
  readonly messages: number;
}

/** Statuses that count as transient. */
export type RetryOn = HttpConfig['retry_on'];

const [REDIRECT, CLIENT_ERROR, SERVER_ERROR, BEYOND] = [300, 400, 500, 600] as const;
const CREDENTIALS: ReadonlySet<number> = new Set([401, 407]);

/** Returns the error of an answer, else undefined. Several messages fail as a set, in which the delivery loop finds the bad one. */
export function verdict(answer: Answer, retryOn: RetryOn, asked: Asked): Error | undefined {
  const { status } = answer;
  if (status >= 200 && status < REDIRECT) return undefined;
  const text = described(answer, asked.origin);
  const { advice } = misconnection(answer) ?? {};
  if (advice !== undefined)
    return Object.assign(new TransientSendError(`${text}: ${advice}`), { httpStatus: status, needsReset: true });
  if (mayPass(status, retryOn))
    return Object.assign(new TransientSendError(text, { retryAfterMs: retryAfterMs(answer.retryAfter, answer.date) }), {
      httpStatus: status,
    });
  // A redirect concerns the address and not the messages, so no part of the set would do better.
  const one = asked.messages === 1 || (status >= REDIRECT && status < CLIENT_ERROR);
  return Object.assign(new PermanentSendError(text, { condemns: one ? 'message' : 'set' }), { httpStatus: status });
}

/** Returns whether a status is transient. One outside of HTTP's range (999) is so only by `retry_on`. */
function mayPass(status: number, retryOn: RetryOn): boolean {
  const isServerError = status >= SERVER_ERROR && status < BEYOND;
  return retryOn.includes(status) || (isServerError && retryOn.includes('5xx'));
}

function described({ status, excerpt }: Answer, origin: string): string {
  const name = STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`;
  const said = excerpt === '' ? '' : `: ${excerpt}`;
  return `${origin} answered ${status}${name}${hint(status)}${said}`;
}

function hint(status: number): string {
  if (CREDENTIALS.has(status)) return " (check 'auth')";
  const redirects = status >= REDIRECT && status < CLIENT_ERROR && status !== 304;
  return redirects ? " (redirects are not followed: give the final address in 'url')" : '';
}
