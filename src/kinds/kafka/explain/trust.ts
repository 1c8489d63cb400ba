/** Translates librdkafka's TLS properties for Node: authorities, the client's certificate, whether the name is checked. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { pathText } from '../../../config/report/redact.ts';
import { asError } from '../../../shared/errors.ts';
import { readPem, whyUnread } from '../../common/read-pem.ts';
import { systemAuthorities } from '../../common/tls-options.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Properties } from './servers.ts';

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
  const bundle = systemBundle();
  return bundle && [bundle];
}

function systemBundle(): Buffer | undefined {
  try {
    return systemAuthorities();
  } catch (error) {
    throw unusable('ssl_cafile', asError(error).message, "name the authorities' file");
  }
}

/** Reads the files of a folder of certificates, or the one file. */
function filesAt(location: string): Buffer[] {
  try {
    if (!statSync(location).isDirectory()) return [readPem(location)];
    return readdirSync(location).map((name) => readPem(join(location, name)));
  } catch (error) {
    throw unreadable('ssl_cafile', error);
  }
}

/** Where the client's certificate and key are configured: settings of ours, or properties under `client`. */
interface Sources {
  readonly certificate: string;
  readonly key: string;
  readonly password: string;
}

function sourcesOf(properties: Properties): Sources {
  const given = (setting: string, ...names: string[]): string => {
    const name = names.find((one) => properties[one] !== undefined);
    return name === undefined ? setting : pathText(['client', name]);
  };
  return {
    certificate: given('ssl_certfile', 'ssl.keystore.location', 'ssl.certificate.pem'),
    key: given('ssl_keyfile', 'ssl.keystore.location', 'ssl.key.pem'),
    password: given('ssl_password', 'ssl.keystore.password'),
  };
}

function identity(properties: Properties): ConnectionOptions {
  const sources = sourcesOf(properties);
  const options: ConnectionOptions = {
    ...part('cert', properties['ssl.certificate.pem'] ?? file('ssl_certfile', properties['ssl.certificate.location'])),
    ...part('key', properties['ssl.key.pem'] ?? file('ssl_keyfile', properties['ssl.key.location'])),
    ...part('pfx', file(sources.certificate, properties['ssl.keystore.location'])),
    ...part('passphrase', properties['ssl.key.password'] ?? properties['ssl.keystore.password']),
  };
  // A context without a certificate has nothing to refuse, and costs 20 ms.
  if (Object.keys(options).length === 0) return options;
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    throw badIdentity(codeOf(error as NodeJS.ErrnoException), sources);
  }
}

/** OpenSSL reports no code for a keystore. */
const codeOf = ({ code, message }: NodeJS.ErrnoException): string =>
  code ?? (/mac verify/.test(message) ? 'MAC_VERIFY' : 'unreadable');

const part = <K extends string, V>(key: K, value: V | undefined) => (value === undefined ? {} : { [key]: value });

function file(setting: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readPem(path);
  } catch (error) {
    throw unreadable(setting, error);
  }
}

/** The name of a property already has quotes. */
const named = (setting: string): string => (setting.includes("'") ? setting : `'${setting}'`);

function unreadable(setting: string, error: unknown): UnusableFile {
  const problem = `the file of ${named(setting)} ${whyUnread(error)}`;
  return unusable(setting, problem, 'check the path, and who may read it');
}

const WRONG_PASSWORD = /DECRYPT|PASSWORD|PASSPHRASE|CIPHERFINAL|MAC_VERIFY|INTERRUPTED/i;

/** Goes by OpenSSL's code, because its texts may quote what they read. */
function badIdentity(code: string, sources: Sources): UnusableFile {
  const [certificate, key, password] = [sources.certificate, sources.key, sources.password].map(named);
  if (/KEY_VALUES_MISMATCH/.test(code))
    return unusable(sources.key, `${key} is not the key of ${certificate}`, 'give the two that belong together');
  if (WRONG_PASSWORD.test(code))
    return unusable(sources.password, `${key} does not open with ${password}`, `check ${password}`);
  if (certificate === key) return unusable(sources.key, `${key} cannot be used (${code})`, 'it must be a PKCS#12 file');
  return unusable(
    sources.certificate,
    `the client's certificate or key cannot be used (${code})`,
    'both must be PEM files',
  );
}
