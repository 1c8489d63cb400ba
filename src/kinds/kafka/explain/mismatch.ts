/** Diagnoses for a server that speaks another protocol than the configuration expects. */

import type { Answer } from './conversation.ts';
import { type Diagnosis, silent } from './diagnosis.ts';

const KAFKA_PORT = "check that 'bootstrap_servers' names a port of a Kafka broker, and that the broker is not stuck";

export function speaksTlsOnly(name: string, protocol: string): Diagnosis {
  return {
    layer: 'tls',
    problem: `${name} speaks TLS, and 'security_protocol' is ${protocol}`,
    advice: `set 'security_protocol' to ${protocol.startsWith('SASL') ? 'SASL_SSL' : 'SSL'}, or use the port without TLS`,
    setting: 'security_protocol',
  };
}

export function speaksNoTls(name: string, protocol: string): Diagnosis {
  const plain = protocol.startsWith('SASL') ? 'SASL_PLAINTEXT' : 'PLAINTEXT';
  return {
    layer: 'tls',
    problem: `${name} speaks no TLS, and 'security_protocol' is ${protocol}`,
    advice: `use the port with TLS, or set 'security_protocol' to ${plain}`,
    setting: 'security_protocol',
  };
}

/** `code` is Node's error code for the end of the handshake. */
export function unfinished(name: string, code: string): Diagnosis {
  if (code === 'ETIMEDOUT') return silent(name, 'tls');
  const problem = `${name} does not finish the TLS handshake (${code})`;
  return { layer: 'tls', problem, advice: KAFKA_PORT, setting: 'bootstrap_servers' };
}

/** A broker that cannot verify a client's certificate may close the connection without an alert. */
export function closedAfterTls(name: string, hasCertificate: boolean): Diagnosis {
  return {
    layer: 'tls',
    problem: `${name} closes the connection after the TLS handshake`,
    advice: hasCertificate
      ? "it may refuse the certificate of this client: check that it trusts the authority of 'ssl_certfile'"
      : "it may want a certificate of this client ('ssl_certfile', 'ssl_keyfile'), or not be Kafka",
    setting: hasCertificate ? 'ssl_certfile' : 'bootstrap_servers',
  };
}

/** Returns undefined for a server that is Kafka. */
export function notKafka(name: string, answer: Answer): Diagnosis | undefined {
  if (answer === 'kafka') return undefined;
  if (answer === 'silent') return silent(name, 'metadata');
  const strange = 'answers, but not as Kafka does';
  const what = { closed: 'closes the connection without an answer', other: strange, tls: strange };
  return { layer: 'metadata', problem: `${name} ${what[answer]}`, advice: KAFKA_PORT, setting: 'bootstrap_servers' };
}
