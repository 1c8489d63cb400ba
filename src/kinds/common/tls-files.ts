/** Inspects the TLS files of a configuration. At the start the client would only report that TLS fails. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Finding } from '../../config/report/findings.ts';
import { notReadable } from '../../config/schema/file-path.ts';
import type { TlsFields } from '../../config/schema/tls.ts';
import { readPem, whyUnread } from './read-pem.ts';

type Config = Readonly<Partial<TlsFields>>;
type FileKey = 'ssl_cafile' | 'ssl_certfile' | 'ssl_keyfile';

const finding = (key: keyof TlsFields, message: string): Finding => ({ path: [key], about: 'value', message });

/** Returns the problems of the files, except those that the check of the paths has reported (`file-path.ts`). */
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
  const text = textOf(config, key);
  if (typeof text !== 'string') return text;
  try {
    return new X509Certificate(text);
  } catch {
    return finding(key, 'expected a file with a certificate in PEM (-----BEGIN CERTIFICATE-----)');
  }
}

function privateKey(config: Config): Read<KeyObject> {
  const text = textOf(config, 'ssl_keyfile');
  if (typeof text !== 'string') return text;
  const { ssl_password } = config;
  const locked = /-----BEGIN ENCRYPTED |^Proc-Type: .*ENCRYPTED/m.test(text);
  if (locked && ssl_password === undefined) return finding('ssl_keyfile', "needs 'ssl_password': the key is encrypted");
  try {
    return createPrivateKey({ key: text, ...(locked && { passphrase: String(ssl_password) }) });
  } catch {
    const wrong = 'expected a file with a private key in PEM (-----BEGIN PRIVATE KEY-----)';
    return locked ? finding('ssl_password', "does not open the key in 'ssl_keyfile'") : finding('ssl_keyfile', wrong);
  }
}

function textOf(config: Config, key: FileKey): Read<string> {
  const path: unknown = config[key];
  if (typeof path !== 'string' || path === '') return undefined;
  try {
    return readPem(path).toString();
  } catch (error) {
    return notReadable(path) === undefined ? finding(key, `the file ${whyUnread(error)}`) : undefined;
  }
}
