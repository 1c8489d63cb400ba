/** TLS as librdkafka would do it, in Node's words: whom to trust, who we are, and whether the name counts. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type { Diagnosis } from '../diagnosis.ts';
import type { Properties } from './servers.ts';

/** Where systems keep the authorities that they trust; OpenSSL, and so librdkafka, finds them by itself. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** A file of the configuration that TLS cannot use. */
export class UnusableFile extends Error {
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis) {
    super(diagnosis.problem);
    this.diagnosis = diagnosis;
  }
}

const unusable = (setting: string, problem: string, advice: string): UnusableFile =>
  new UnusableFile({ layer: 'tls', problem, advice, setting });

/** @throws UnusableFile */
export function tlsOptions(properties: Properties): ConnectionOptions {
  const ca = properties['ssl.ca.pem'] ?? authorities(properties['ssl.ca.location']);
  return {
    ...(ca !== undefined && { ca }),
    ...identity(properties),
    ...(isOff(properties['ssl.endpoint.identification.algorithm'], 'none') && { checkServerIdentity: () => undefined }),
  };
}

/** Whether a certificate that does not verify is accepted all the same. */
export const trustsAnybody = (properties: Properties): boolean =>
  isOff(properties['enable.ssl.certificate.verification'], 'false');

export const hasCertificate = (properties: Properties): boolean =>
  ['ssl.certificate.location', 'ssl.certificate.pem', 'ssl.keystore.location'].some((name) => properties[name]);

const isOff = (value: string | undefined, off: string): boolean => value?.toLowerCase() === off;

function authorities(location: string | undefined): Buffer[] | undefined {
  if (location !== undefined && location !== 'probe') return filesAt(location);
  const bundle = [process.env.SSL_CERT_FILE, ...SYSTEM_BUNDLES].find((path) => path && existsSync(path));
  return bundle === undefined ? undefined : [readFileSync(bundle)];
}

/** The files of a folder of certificates, or the one file. */
function filesAt(location: string): Buffer[] {
  try {
    if (!statSync(location).isDirectory()) return [readFileSync(location)];
    return readdirSync(location).map((name) => readFileSync(join(location, name)));
  } catch (error) {
    throw unreadable('ssl_cafile', error);
  }
}

function identity(properties: Properties): ConnectionOptions {
  const options: ConnectionOptions = {
    ...part('cert', properties['ssl.certificate.pem'] ?? file('ssl_certfile', properties['ssl.certificate.location'])),
    ...part('key', properties['ssl.key.pem'] ?? file('ssl_keyfile', properties['ssl.key.location'])),
    ...part('pfx', file('ssl_certfile', properties['ssl.keystore.location'])),
    ...part('passphrase', properties['ssl.key.password'] ?? properties['ssl.keystore.password']),
  };
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    throw badIdentity(String((error as NodeJS.ErrnoException).code));
  }
}

const part = <K extends string, V>(key: K, value: V | undefined) => (value === undefined ? {} : { [key]: value });

function file(setting: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(setting, error);
  }
}

function unreadable(setting: string, error: unknown): UnusableFile {
  const why = String((error as NodeJS.ErrnoException).code);
  return unusable(setting, `the file of '${setting}' cannot be read (${why})`, 'check the path, and who may read it');
}

/** Goes by OpenSSL's code: its texts may quote what they read. */
function badIdentity(code: string): UnusableFile {
  if (/KEY_VALUES_MISMATCH/.test(code))
    return unusable(
      'ssl_keyfile',
      "'ssl_keyfile' is not the key of 'ssl_certfile'",
      'give the two that belong together',
    );
  if (/DECRYPT|PASSWORD|PASSPHRASE|CIPHERFINAL|MAC_VERIFY|INTERRUPTED/i.test(code))
    return unusable('ssl_password', "'ssl_keyfile' does not open with 'ssl_password'", "check 'ssl_password'");
  return unusable('ssl_certfile', `the client's certificate or key cannot be used (${code})`, 'both must be PEM files');
}
