/** The `ssl_` settings as Node's TLS takes them, read anew for each connection: certificates are replaced while we run. */

import { existsSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsFields } from '../../config/schema/tls.ts';
import { asError, ConnectError } from '../../shared/errors.ts';
import { readPem, whyUnread } from './read-pem.ts';

type FileKey = 'ssl_cafile' | 'ssl_certfile' | 'ssl_keyfile';

/** What a connection verifies the other side by, and proves itself with. */
export type TlsOptions = Pick<ConnectionOptions, 'secureContext' | 'checkServerIdentity'>;

/** Where systems keep the authorities that they trust; OpenSSL finds them by itself, Node brings its own instead. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The authorities that the system trusts; undefined where it keeps none, and Node's own are as good as any. @throws ConnectError */
export function systemAuthorities(): Buffer | undefined {
  const bundle = [process.env.SSL_CERT_FILE, ...SYSTEM_BUNDLES].find((path) => path && existsSync(path));
  if (bundle === undefined) return undefined;
  try {
    return readPem(bundle);
  } catch (error) {
    const variable = bundle === process.env.SSL_CERT_FILE ? ' of the variable SSL_CERT_FILE' : '';
    throw new ConnectError(`the file ${bundle}${variable} ${whyUnread(error)}`);
  }
}

/** Made once for all connections of a client: to read the authorities takes 20 ms. @throws ConnectError when a file cannot be read or used; it may be put right while the producer waits */
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
    // By OpenSSL's code: its texts may quote what they read.
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
