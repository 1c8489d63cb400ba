/** Removes the secrets of a configuration from texts (I9). */

import type { Mask } from '../../shared/log/masking.ts';
import type { Schema } from '../report/introspect.ts';
import { withoutUserInfo } from '../report/redact.ts';
import { formEncoded, LEAST_HIDDEN } from './secret-texts.ts';
import { secretPlaces, secretsIn } from './secrets.ts';

/** What is known about the secrets of a configuration in addition to its keys. */
export interface Knowledge {
  /** The schema, whose fields may carry the mark of `secret()`. */
  readonly schema?: Schema | undefined;
  /** Secrets that are known from elsewhere, such as values of references. */
  readonly also?: readonly string[] | undefined;
}

/** Encodes what `encodeURIComponent` leaves as it is, but RFC 3986 reserves. */
const strictly = (encoded: string): string =>
  encoded.replaceAll(/[!'()*]/g, (char) => `%${Buffer.from(char).toString('hex').toUpperCase()}`);

/** Returns the forms in which a secret may appear: plain, URL-encoded, as in JSON, in base64 (a header) and in hexadecimal digits. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = encodeURIComponent(bytes.toString());
  return [
    ...[secret, encoded, strictly(encoded), formEncoded(secret), JSON.stringify(secret).slice(1, -1)],
    ...[
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
    ],
  ];
}

/** Escapes a text for a pattern. A list may be shown in columns, so any white space may follow a comma. */
const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(', ', ',\\s+');

/** Maximum length of a pattern in UTF-16 units. The engine refuses a pattern of some megabytes. */
const MOST_PATTERN = 2 ** 16;

/** Makes as few patterns as the maximum length allows. A text that is longer is replaced on its own. */
function maskers(forms: readonly string[]): Mask[] {
  const groups: string[][] = [];
  let room = 0;
  for (const form of forms) {
    if (form.length > room) {
      groups.push([]);
      room = MOST_PATTERN;
    }
    groups.at(-1)?.push(form);
    room -= form.length;
  }
  return groups.map(masker);
}

function masker(forms: readonly string[]): Mask {
  const [first = ''] = forms;
  if (first.length > MOST_PATTERN) return (text) => text.replaceAll(first, '***');
  const pattern = new RegExp(forms.map(literally).join('|'), 'g');
  return (text) => text.replace(pattern, '***');
}

/** Returns a function that removes the secrets of this configuration from a text, and the user names and passwords in URLs. */
export function maskOf(config: unknown, { schema, also = [] }: Knowledge = {}): Mask {
  const secrets = [...secretsIn(config, schema), ...also.filter((secret) => secret.length >= LEAST_HIDDEN)];
  // The longest comes first. Else the rest of a secret that begins like another one would stay.
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const masks = maskers(forms);
  return (text) => {
    const masked = masks.reduce((left, mask) => mask(left), text);
    return masked.includes('://') ? withoutUserInfo(masked) : masked;
  };
}

/** Copies a configuration, with `***` for each value whose field is secret, however short it is. */
export function withoutSecrets(config: unknown, schema: Schema): unknown {
  const paths = secretPlaces(config, schema).flatMap(({ path, isWhole }) => (isWhole ? [path] : []));
  return copyWithout(config, paths);
}

type Paths = readonly (readonly PropertyKey[])[];

function copyWithout(value: unknown, paths: Paths): unknown {
  if (paths.length === 0) return value;
  if (paths.some((path) => path.length === 0)) return '***';
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  for (const key of new Set(paths.map(([first]) => first as string)))
    Object.defineProperty(copy, key, {
      ...Object.getOwnPropertyDescriptor(copy, key),
      value: copyWithout((value as Record<string, unknown>)[key], under(paths, key)),
    });
  return copy;
}

const under = (paths: Paths, key: PropertyKey): Paths =>
  paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
