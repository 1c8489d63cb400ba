/** The `ssl_` settings as Node's TLS takes them, read anew for each connection: certificates are replaced while we run. */

import { readFileSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type { TlsFields } from '../config/tls-fields.ts';
import { asError, ConnectError } from '../errors.ts';

type FileKey = 'ssl_cafile' | 'ssl_certfile' | 'ssl_keyfile';

/** What a connection verifies the other side by, and proves itself with. */
export type TlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'checkServerIdentity'>;

/** @throws ConnectError when a file cannot be read or used; it may be put right while the producer waits */
export function tlsOptions(config: Readonly<Partial<TlsFields>>): TlsOptions {
  const options: TlsOptions = {
    ...part('ca', read(config, 'ssl_cafile')),
    ...part('cert', read(config, 'ssl_certfile')),
    ...part('key', read(config, 'ssl_keyfile')),
    ...part('passphrase', config.ssl_password),
    ...(config.ssl_check_hostname === false && { checkServerIdentity: () => undefined }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    // By OpenSSL's code: its texts may quote what they read.
    const code = (error as NodeJS.ErrnoException).code ?? asError(error).name;
    throw new ConnectError(`the files of 'ssl_cafile', 'ssl_certfile' and 'ssl_keyfile' cannot be used (${code})`);
  }
  return options;
}

const part = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;

function read(config: Readonly<Partial<TlsFields>>, key: FileKey): Buffer | undefined {
  const path = config[key];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConnectError(`the file of '${key}' cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
