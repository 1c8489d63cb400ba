/** Explains errors of the network, TLS and the HTTP parser by their codes, because their texts may quote what they read. */

import type { LayerFinding } from '../../caller/check/check.ts';
import { PermanentSendError, TransientSendError } from '../../shared/errors.ts';
import { type Alert, alertOf } from '../common/tls-alerts.ts';

interface Row {
  readonly layer: 'dns' | 'tcp' | 'tls' | 'http';
  problem(origin: string, code: string): string;
  readonly advice: string;
  readonly setting: string;
}

const HOST = { setting: 'url', advice: "check the host in 'url', and the name service of this machine" };
const PORT = { setting: 'url', advice: "check the port in 'url', and whether the server runs" };
const WAY = {
  setting: 'url',
  advice: "check 'url', and what lies between here and there (firewall, VPN, security group)",
};
const SCHEME = { setting: 'url', advice: "check whether 'url' should begin with http:// or https://, and its port" };
const AUTHORITY = {
  setting: 'ssl_cafile',
  advice: "set 'ssl_cafile' to the certificate of the authority that signed it",
};

/** The first row whose pattern matches counts. */
const ROWS: readonly (readonly [RegExp, Row])[] = [
  [/^ECONNREFUSED$/, { layer: 'tcp', ...PORT, problem: (at) => `nothing listens at ${at} (connection refused)` }],
  [
    /^(?:ENOTFOUND|EAI_\w+)$/,
    { layer: 'dns', ...HOST, problem: (at, code) => `the host of ${at} does not resolve (${code})` },
  ],
  [
    /^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|ETIMEDOUT|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/,
    {
      layer: 'tcp',
      ...WAY,
      problem: (at, code) => `${at} cannot be reached (${code === 'UND_ERR_CONNECT_TIMEOUT' ? 'no answer' : code})`,
    },
  ],
  [
    /^(?:CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    {
      layer: 'tls',
      setting: 'url',
      advice: 'renew it on the server, or check the clocks',
      problem: (at, code) =>
        `the certificate of ${at} ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}`,
    },
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    {
      layer: 'tls',
      setting: 'url',
      advice: "use a name from the certificate in 'url', or set 'ssl_check_hostname: false' if any will do",
      problem: (at) => `the certificate of ${at} is for another name`,
    },
  ],
  [
    /SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|^CERT_/,
    { layer: 'tls', ...AUTHORITY, problem: (at, code) => `the certificate of ${at} is not trusted (${code})` },
  ],
  [
    /^ERR_SSL|^EPROTO$|TLS/,
    { layer: 'tls', ...SCHEME, problem: (at, code) => `${at} does not speak TLS as expected (${code})` },
  ],
  [/^HPE_|^HTTPParserError$/, { layer: 'http', ...SCHEME, problem: (at) => `${at} does not answer as HTTP does` }],
];

const refusedHandshake = (at: string, code: string): string => `${at} refuses the TLS handshake (${code})`;

const ALERTS: Readonly<Record<Alert, Row>> = {
  certificate: {
    layer: 'tls',
    setting: 'ssl_certfile',
    advice: "check whether it wants a certificate of this client ('ssl_certfile', 'ssl_keyfile')",
    problem: refusedHandshake,
  },
  version: {
    layer: 'tls',
    setting: 'url',
    advice: 'check which versions of TLS and which ciphers the server offers, and those of this machine',
    problem: (at, code) => `${at} and this client have no version of TLS or cipher in common (${code})`,
  },
  name: {
    layer: 'tls',
    setting: 'url',
    advice: "check the host in 'url'",
    problem: (at, code) => `${at} does not know the name that it is asked for (${code})`,
  },
  other: { layer: 'tls', setting: 'url', advice: 'see the log of the server', problem: refusedHandshake },
};

const UNKNOWN: Row = { layer: 'http', ...WAY, problem: (at, code) => `a request to ${at} failed (${code})` };

/** Codes of a closed connection. */
const ENDED: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** Layers whose failures concern the connection, and so every request. */
const DOWN: ReadonlySet<Row['layer']> = new Set(['dns', 'tcp', 'tls']);

export function codeOf(thrown: unknown): string {
  const { code, name } = Object(thrown) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name ?? 'unknown');
}

/** Explains why the server cannot be used; `layer` tells which layer failed. */
export function diagnosis(thrown: unknown, origin: string): LayerFinding & { readonly problem: string } {
  const { row, code } = rowOf(thrown);
  const { layer, advice, setting } = row;
  const ended = ENDED.has(code) ? `${origin} closes the connection` : undefined;
  return { layer, problem: ended ?? row.problem(origin, code), advice, setting };
}

function rowOf(thrown: unknown): { row: Row; code: string } {
  const code = codeOf(thrown);
  const alert = alertOf(code);
  if (alert !== undefined) return { code, row: ALERTS[alert] };
  return { code, row: ROWS.find(([pattern]) => pattern.test(code))?.[1] ?? UNKNOWN };
}

/** Progress of a request that failed. `status` is that of an answer whose end is missing. */
export interface Progress {
  readonly origin: string;
  readonly status?: number | undefined;
  /** Code of the TLS alert that the connection received. */
  readonly alert?: string | undefined;
}

/** Code of a connection that ended in the middle of an answer. */
const CUT_OFF = 'HPE_INVALID_EOF_STATE';
const UNREADABLE = /^HPE_|^HTTPParserError$|^UND_ERR_(?:HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH)$/;

/** Whether undici rejected an answer because of its contents. */
export function isUnreadable(thrown: unknown): boolean {
  const code = codeOf(thrown);
  const isUpgrade = code === 'UND_ERR_SOCKET' && (Object(thrown) as Partial<Error>).message === 'bad upgrade';
  return isUpgrade || (code !== CUT_OFF && UNREADABLE.test(code));
}

/** Returns the error of a failed request for the delivery loop. */
export function sendError(thrown: unknown, { origin, status, alert }: Progress): Error {
  if (status === undefined && alert !== undefined) return refusedBy(alert, origin);
  const { row, code } = rowOf(thrown);
  // The client refuses to send this request, and would refuse it at the next attempt too.
  if (code === 'UND_ERR_INVALID_ARG') return new PermanentSendError('it cannot be sent as a request of HTTP');
  const halfway = status === undefined ? undefined : `${origin} broke its answer off (status ${status}, ${code})`;
  const ended = ENDED.has(code) ? `${origin} closed the connection without an answer` : undefined;
  const error = new TransientSendError(halfway ?? ended ?? `${row.problem(origin, code)}: ${row.advice}`);
  return status === undefined && DOWN.has(row.layer) ? Object.assign(error, { needsReset: true }) : error;
}

/** Returns the error for a TLS alert. TLS 1.3 refuses a client after the handshake, as if the connection just ended. */
function refusedBy(alert: string, origin: string): Error {
  const finding = diagnosis({ code: alert }, origin);
  return Object.assign(new TransientSendError(`${finding.problem}: ${finding.advice}`), { needsReset: true, finding });
}
