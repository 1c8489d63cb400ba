/** Explains why there is no connection, and names the layer and the setting at fault. */

import { asError, ConnectError } from '../../shared/errors.ts';
import { open, secure } from '../common/probe/connect.ts';
import { alertOf } from '../common/tls-alerts.ts';
import type { Address } from './addressing.ts';
import { ACCESS_REFUSED, codeIn, refusesTopic, serverText } from './replies.ts';
import type { Server } from './server.ts';
import type { Missing } from './topology.ts';

/** A problem and advice about it. `setting` is the YAML setting to check first. */
export interface Diagnosis {
  readonly layer: 'dns' | 'tcp' | 'tls' | 'sasl' | 'vhost' | 'topology' | 'authorisation';
  readonly problem: string;
  readonly advice: string;
  readonly setting?: string;
}

/** A ConnectError that keeps the parts of its text, for reports that show them separately. */
export class ExplainedError extends ConnectError {
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis, options?: ErrorOptions) {
    super(`${diagnosis.problem}: ${diagnosis.advice}`, options);
    this.diagnosis = diagnosis;
  }
}

/** Maximum time, in ms, for each of the two steps of a probe: connecting, and the TLS handshake. */
const PROBE_MS = 500;

type Row = readonly [pattern: RegExp, diagnose: (server: Server, why: string) => Diagnosis];

/** Rows by Node's code or amqplib's text. The first row that matches counts. */
const ROWS: readonly Row[] = [
  [/^(?:ENOTFOUND|EAI_\w+)/, unresolvable],
  [/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EACCES)/, unreachable],
  [/^ABORT_ERR/, silent],
  [/^Handshake terminated by server: 403/, wrongPassword],
  [/^SASL mechanism PLAIN is not provided/, noPlain],
  [/^Expected ConnectionOpenOk; got <ConnectionClose/, wrongVhost],
  [/^ERR_SSL_\w*WRONG_VERSION_NUMBER|^EPROTO/, speaksNoTls],
  [/^(?:CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)/, expired],
  [/^ERR_TLS_CERT_ALTNAME_INVALID/, misnamed],
  [/^(?:DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_)/, untrusted],
  [/^(?:Socket closed abruptly|ECONNRESET|EPIPE|Invalid frame|Frame size|.*\bframe\b)/i, strange],
];

/** Explains why connecting failed, where the error or a probe of the server is unambiguous. Otherwise it quotes the error. */
export async function explained(thrown: unknown, server: Server): Promise<Error> {
  const error = asError(thrown);
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith?.('ERR_OUTSPOOL')) return error;
  const diagnosis = diagnose(typeof code === 'string' ? code : error.message, server);
  if (diagnosis === undefined)
    return new ConnectError(`${server.name}: ${serverText(error.message)}`, { cause: error });
  const isOpen = diagnosis.layer === 'vhost' && !server.isTls;
  const cause = isOpen && (await answersTls(server)) ? speaksTls(server) : diagnosis;
  return new ExplainedError(cause, { cause: error });
}

/** Probes whether the port speaks TLS. A plain connection to a TLS port only reports that it was closed. */
async function answersTls({ host, port }: Server): Promise<boolean> {
  try {
    const socket = await open(host, port, PROBE_MS);
    (await secure(socket, { host }, PROBE_MS, {})).destroy();
    return true;
  } catch (error) {
    return /ALERT/.test(String((error as NodeJS.ErrnoException).code));
  }
}

export function diagnose(text: string, server: Server): Diagnosis | undefined {
  const alert = alertOf(text);
  if (alert === 'certificate') return certificateWanted(server);
  if (alert !== undefined) return refusesTls(server, text);
  const row = ROWS.find(([pattern]) => pattern.test(text));
  return row?.[1](server, text);
}

export function unresolvable({ name }: Server, why: string): Diagnosis {
  return {
    layer: 'dns',
    problem: `the host of ${name} does not resolve (${why})`,
    advice: "check the name in 'url', and the name service of this machine",
    setting: 'url',
  };
}

export function unreachable({ name }: Server, why: string): Diagnosis {
  const isRefused = /refused/i.test(why);
  return {
    layer: 'tcp',
    problem: isRefused ? `nothing listens at ${name} (connection refused)` : `${name} cannot be reached (${why})`,
    advice: isRefused
      ? "check the port in 'url', and whether RabbitMQ runs"
      : "check 'url', and what lies between here and there (firewall, VPN, security group)",
    setting: 'url',
  };
}

function silent({ name }: Server): Diagnosis {
  return {
    layer: 'tcp',
    problem: `${name} has not answered in time`,
    advice:
      "check that 'url' names RabbitMQ's port for AMQP, that it is not stuck, and what lies between here and there",
    setting: 'url',
  };
}

function wrongPassword({ name, username, isUserInUrl }: Server): Diagnosis {
  const guest = username === 'guest' ? ", and that 'guest' may only connect from RabbitMQ's own machine" : '';
  return {
    layer: 'sasl',
    problem: `${name} refuses the user name or the password`,
    advice: `check ${isUserInUrl ? "the user and password in 'url'" : "'username' and 'password'"}${guest}`,
    setting: isUserInUrl ? 'url' : 'password',
  };
}

function noPlain({ name }: Server): Diagnosis {
  return {
    layer: 'sasl',
    problem: `${name} takes no user name and password`,
    advice: "have the mechanism PLAIN among its 'auth_mechanisms'",
  };
}

function wrongVhost({ name, vhost, username }: Server): Diagnosis {
  return {
    layer: 'vhost',
    problem: `${name} does not open virtual host '${vhost}' for user '${username}': it does not exist, the user has no permission there, or it has all the connections that it may have`,
    advice: "check 'vhost', and the permissions of the user (rabbitmqctl list_permissions)",
    setting: 'vhost',
  };
}

function speaksNoTls({ name }: Server): Diagnosis {
  return {
    layer: 'tls',
    problem: `${name} speaks no TLS, and 'url' begins with amqps://`,
    advice: 'use the port with TLS (5671 by default), or amqp://',
    setting: 'url',
  };
}

export const speaksTls = ({ name }: Server): Diagnosis => ({
  layer: 'tls',
  problem: `${name} speaks TLS, and 'url' begins with amqp://`,
  advice: 'use amqps://, or the port without TLS (5672 by default)',
  setting: 'url',
});

function certificateWanted({ name }: Server): Diagnosis {
  return {
    layer: 'tls',
    problem: `${name} wants a certificate of this client, or refuses the one it has`,
    advice: "set 'ssl_certfile' and 'ssl_keyfile' to a certificate that RabbitMQ trusts, and its key",
    setting: 'ssl_certfile',
  };
}

function refusesTls({ name }: Server, why: string): Diagnosis {
  return {
    layer: 'tls',
    problem: `${name} refuses the TLS handshake (${why})`,
    advice: 'check which versions of TLS, ciphers and names the server offers, and its log',
    setting: 'url',
  };
}

function expired({ name }: Server, why: string): Diagnosis {
  return {
    layer: 'tls',
    problem: `the certificate of ${name}, or of its authority, is ${why === 'CERT_HAS_EXPIRED' ? 'no longer' : 'not yet'} valid`,
    advice: 'renew it on the server, or check the clocks',
  };
}

function misnamed({ name, host }: Server): Diagnosis {
  return {
    layer: 'tls',
    problem: `the certificate of ${name} is not for '${host}'`,
    advice: "use a name from the certificate in 'url', or set 'ssl_check_hostname: false' if any will do",
    setting: 'url',
  };
}

function untrusted({ name }: Server, why: string): Diagnosis {
  return {
    layer: 'tls',
    problem: `the certificate of ${name} is signed by an unknown authority (${why})`,
    advice: "set 'ssl_cafile' to the certificate of the authority that signed it",
    setting: 'ssl_cafile',
  };
}

export function strange({ name, isTls }: Server): Diagnosis {
  const other = isTls ? "wants another certificate ('ssl_certfile')" : 'wants TLS (amqps://)';
  return {
    layer: 'vhost',
    problem: `${name} closes the connection, or answers as RabbitMQ does not`,
    advice: `check that 'url' names RabbitMQ's port for AMQP, and whether it ${other}`,
    setting: 'url',
  };
}

/** Explains why an exchange or a queue cannot be used. */
export function missing({ part, error }: Missing, { vhost }: Server, declared: boolean): Diagnosis {
  const { code } = error as Error & { code?: unknown };
  const { what, setting } = part;
  const why = serverText(error.message);
  const about = { layer: 'topology', setting } as const;
  if (code === 404)
    return {
      ...about,
      problem: `${what} does not exist in virtual host '${vhost}'`,
      advice: "create it, or set 'declare: true'",
    };
  if (code === 403 || code === 405) {
    const advice = declared ? "grant the user 'configure' on it, or set 'declare: false'" : 'check its permissions';
    return { ...about, problem: `${what} may not be used (${why})`, advice };
  }
  if (code === 406 && declared)
    return {
      ...about,
      problem: `${what} is there already, and another one (${why})`,
      advice: "set what is declared to what is there, or 'declare: false'",
    };
  return { ...about, problem: `${what} cannot be had (${why})`, advice: 'see the log of RabbitMQ' };
}

export const exchangeOf = ({ exchange }: Address): string =>
  exchange === '' ? 'the exchange without a name' : `exchange '${exchange}'`;

/** Explains a refusal to publish to an exchange, or with a configured routing key. */
export function denied(error: Error, address: Address): Diagnosis {
  const problem = `${exchangeOf(address)} may not be published to (${serverText(error.message)})`;
  const about = { layer: 'authorisation', problem, setting: 'exchange' } as const;
  if (codeIn(error) !== ACCESS_REFUSED) return { ...about, advice: 'see the log of RabbitMQ' };
  const command = refusesTopic(error) ? 'set_topic_permissions' : 'set_permissions';
  return { ...about, advice: `grant the user 'write' on it (rabbitmqctl ${command})` };
}
