/** Recognizes fields whose value is no secret, also where it comes from the environment or from a file. */

import { isSecret } from '../report/redact.ts';

/** Names of locations, settings and units. Any other value from a reference is masked, because it may be a secret. */
const HARMLESS = new RegExp(
  [
    '^(?:name|type|module|export|producer|driver|level|region|environment|namespace|cluster)$',
    '^(?:bootstrap[-_.]servers|brokers?|servers?|hosts?|hostname|address|listen|port|vhost|origin|endpoint)$',
    '^(?:topic|error[-_]topic|exchange|error[-_]exchange|exchange[-_]type|queue|queue[-_]name|binding[-_]key|key[-_]field)$',
    '^(?:routing[-_]key|error[-_]routing[-_]key|content[-_]type|idempotency[-_]header|method|encoding|compression|acks)$',
    '^(?:client[-_.]id|transactional[-_.]id|group[-_.]id|user|user[-_]?name|login)$',
    '^(?:sync|linger|heartbeat|timeout|keep[-_]alive|checkpoint|path|file|folder|directory|dir)$',
    '(?:[-_.]|file)(?:path|file|folder|directory|dir|host|port|topic|location)$|^ssl_(?:cafile|certfile|keyfile)$',
    '[-_.](?:ms|seconds|bytes|size|interval|timeout|count|servers)$',
  ].join('|'),
  'i',
);

/** Keys that sound like a secret, but tell where it is or how it is used. */
export const ABOUT_ONE = /(?:file|path|dir|directory|field|header|name|endpoint[-_.]ur[il]|[-_.](?:id|ms|seconds))$/i;

/**
 * Whether a reference has the name of a secret: `${DB_PASSWORD}`, `${file:/run/secrets/token}`. `${PASSWORD_FILE}` does not,
 * because it tells where a secret is, nor does `${file:/run/secrets/topic}`, which is the name of a harmless value.
 */
export function namesSecret(reference: string): boolean {
  const [, file, name = ''] = /^\$\{(?:file:([\s\S]+)|([\s\S]+))\}$/.exec(reference) ?? [];
  if (file === undefined) return isSecret([name]) && !ABOUT_ONE.test(name) && !HARMLESS.test(name);
  const parts = file.split(/[/\\]/);
  const last = parts.at(-1) ?? '';
  return isSecret([last]) || (isSecret(parts) && !HARMLESS.test(last.replace(/\.\w+$/, '')));
}

/** Whether the field at a path is known to hold no secret. */
export function isHarmless(path: readonly PropertyKey[]): boolean {
  const key = path.findLast((part) => !/^\d+$/.test(String(part)));
  return !isSecret(path) && HARMLESS.test(String(key));
}
