/** Converts the `ssl_` settings to Node's TLS options. Files are read at each connection, because certificates are replaced. */

import { existsSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsFields } from '../../config/schema/tls.ts';
import { asError, ConnectError } from '../../shared/errors.ts';
import { readPem, whyUnread } from './read-pem.ts';

type FileKey = 'ssl_cafile' | 'ssl_certfile' | 'ssl_keyfile';

/** Options by which a connection verifies the server, and proves its own identity. */
export type TlsOptions = Pick<ConnectionOptions, 'secureContext' | 'checkServerIdentity'>;

/** Files in which systems keep their trusted authorities. OpenSSL finds them by itself; Node uses a bundle of its own. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Returns the file that the variable SSL_CERT_FILE names; undefined where it names none. OpenSSL takes its authorities from there. */
export function namedBundle(): string | undefined {
  const path = process.env.SSL_CERT_FILE;
  return path && existsSync(path) ? path : undefined;
}

/** Returns the authorities that the system trusts, or undefined where it keeps none. @throws ConnectError */
export function systemAuthorities(): Buffer | undefined {
  const bundle = namedBundle() ?? SYSTEM_BUNDLES.find((path) => existsSync(path));
  if (bundle === undefined) return undefined;
  try {
    return readPem(bundle);
  } catch (error) {
    const variable = bundle === process.env.SSL_CERT_FILE ? ' of the variable SSL_CERT_FILE' : '';
    throw new ConnectError(`the file ${bundle}${variable} ${whyUnread(error)}`);
  }
}

/**
 * Returns the TLS options for all connections of a client. They are made once for each client, because reading the authorities
 * takes 20 ms.
 * @throws ConnectError when a file cannot be read or used; the file may be repaired while the producer waits
 */
export function tlsOptions(config: Readonly<Partial<TlsFields>>): TlsOptions {
  const options: SecureContextOptions = {
    ...part('ca', read(config, 'ssl_cafile') ?? systemAuthorities()),
    ...part('cert', read(config, 'ssl_certfile')),
    ...part('key', read(config, 'ssl_keyfile')),
    ...part('passphrase', config.ssl_password),
  };
  const anyName = config.ssl_check_hostname === false && { checkServerIdentity: () => undefined };
  try {
    return { secureContext: createSecureContext(options), ...anyName };
  } catch (error) {
    // Only OpenSSL's code is reported, because its texts may quote what they read.
    const code = (error as NodeJS.ErrnoException).code ?? asError(error).name;
    throw new ConnectError(`the files of 'ssl_cafile', 'ssl_certfile' and 'ssl_keyfile' cannot be used (${code})`);
  }
}

const part = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;

function read(config: Readonly<Partial<TlsFields>>, key: FileKey): Buffer | undefined {
  const path = config[key];
  if (path === undefined) return undefined;
  try {
    return readPem(path);
  } catch (error) {
    throw new ConnectError(`the file of '${key}' ${whyUnread(error)}`);
  }
}
