/** Inspects the TLS files of a configuration. At the start the client would only report that TLS fails. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Finding } from '../../config/report/findings.ts';
import type { TlsFields } from '../../config/schema/tls.ts';
import { readPem } from './read-pem.ts';

type Config = Readonly<Partial<TlsFields>>;
type FileKey = 'ssl_cafile' | 'ssl_certfile' | 'ssl_keyfile';

const finding = (key: keyof TlsFields, message: string): Finding => ({ path: [key], about: 'value', message });

/** Returns the problems of the files. A file that cannot be read was reported before. */
export function inspectTlsFiles(config: Config): Finding[] {
  const authorities = certificate(config, 'ssl_cafile');
  const own = certificate(config, 'ssl_certfile');
  const key = privateKey(config);
  const found = [authorities, own, key].filter((one): one is Finding => one !== undefined && 'message' in one);
  return found.length > 0 ? found : strangers(own, key);
}

type Read<T> = T | Finding | undefined;

function strangers(own: Read<X509Certificate>, key: Read<KeyObject>): Finding[] {
  if (!(own instanceof X509Certificate) || key === undefined || 'message' in key) return [];
  return own.checkPrivateKey(key)
    ? []
    : [finding('ssl_keyfile', "is not the key of the certificate in 'ssl_certfile'")];
}

function certificate(config: Config, key: FileKey): Read<X509Certificate> {
  const text = textOf(config[key]);
  if (text === undefined) return undefined;
  try {
    return new X509Certificate(text);
  } catch {
    return finding(key, 'expected a file with a certificate in PEM (-----BEGIN CERTIFICATE-----)');
  }
}

function privateKey({ ssl_keyfile, ssl_password }: Config): Read<KeyObject> {
  const text = textOf(ssl_keyfile);
  if (text === undefined) return undefined;
  const locked = /-----BEGIN ENCRYPTED |^Proc-Type: .*ENCRYPTED/m.test(text);
  if (locked && ssl_password === undefined) return finding('ssl_keyfile', "needs 'ssl_password': the key is encrypted");
  try {
    return createPrivateKey({ key: text, ...(locked && { passphrase: String(ssl_password) }) });
  } catch {
    const wrong = 'expected a file with a private key in PEM (-----BEGIN PRIVATE KEY-----)';
    return locked ? finding('ssl_password', "does not open the key in 'ssl_keyfile'") : finding('ssl_keyfile', wrong);
  }
}

function textOf(path: unknown): string | undefined {
  try {
    return typeof path === 'string' && path !== '' ? readPem(path).toString() : undefined;
  } catch {
    return undefined;
  }
}
