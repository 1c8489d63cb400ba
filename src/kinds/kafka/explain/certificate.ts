/** Describes the problem of a broker's certificate, and what to do about it. */

import type { PeerCertificate } from 'node:tls';
import type { Diagnosis } from './diagnosis.ts';
import type { Server } from './servers.ts';

export const day = (date: string): string => new Date(date).toISOString().slice(0, 10);

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

/** `code` is Node's error code for a certificate that does not verify. */
export function certificateProblem({ name, host }: Server, code: string, certificate: PeerCertificate): Diagnosis {
  const from = { layer: 'tls', setting: 'ssl_cafile' } as const;
  if (code === 'CERT_HAS_EXPIRED')
    return { layer: 'tls', problem: expired(name, certificate), advice: 'renew it on the broker' };
  if (code === 'CERT_NOT_YET_VALID')
    return { layer: 'tls', problem: `the certificate of ${name} is not valid yet`, advice: 'check the clocks' };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      layer: 'tls',
      problem: `the certificate of ${name} is not for '${host}' but for ${namesIn(certificate)}`,
      advice:
        "use a name from the certificate in 'bootstrap_servers', or set 'ssl_check_hostname: false' if any will do",
      setting: 'bootstrap_servers',
    };
  if (UNTRUSTED.has(code))
    return {
      ...from,
      problem: `the certificate of ${name} is signed by an unknown authority (${issuer(certificate)})`,
      advice: "set 'ssl_cafile' to the certificate of the authority that signed it",
    };
  return { ...from, problem: `the certificate of ${name} does not verify (${code})`, advice: "check 'ssl_cafile'" };
}

/** Describes an expired certificate, which may be the authority's. */
function expired(name: string, { valid_to: until }: PeerCertificate): string {
  const own = until !== undefined && Date.parse(until) < Date.now();
  return own
    ? `the certificate of ${name} expired on ${day(until)}`
    : `the authority of ${name} has an expired certificate`;
}

const MOST_NAMES = 3;

function namesIn({ subjectaltname, subject }: PeerCertificate): string {
  const names = (subjectaltname ?? '')
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
    .filter((name) => name !== '');
  if (names.length === 0) return String(subject?.CN ?? 'nobody');
  return names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
}

const issuer = ({ issuer: { CN, O } = {} as PeerCertificate['issuer'] }: PeerCertificate): string =>
  String(CN ?? O ?? 'without a name');
