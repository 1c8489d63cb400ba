/** What a configuration keeps secret, and texts without it (I9). */

import type { Mask } from '../masking.ts';
import { isSecret, isSecretText, withoutUserInfo } from './shown.ts';

/** Shorter values would be found inside ordinary words. */
export const LEAST_HIDDEN = 3;
/** Deeper than any configuration; a value from code may contain itself. */
const MAX_DEPTH = 16;

/** `Bearer abc` in a header: the second word by itself is the secret, too. */
const WITH_SCHEME = /^(?:Bearer|Basic|Token|ApiKey)\s+(\S+)$/i;

/** Texts under keys that sound like a secret, and what URLs carry of that sort, wherever they are. */
export function secretsIn(config: unknown): string[] {
  const found = new Set<string>();
  collect(config, [], found);
  return [...found].filter((secret) => secret.length >= LEAST_HIDDEN);
}

function collect(value: unknown, path: readonly PropertyKey[], found: Set<string>): void {
  if (typeof value === 'string')
    for (const secret of isSecretText(path, value) ? whole(value) : inUrl(value)) found.add(secret);
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return;
  for (const pair of basicIn(value)) found.add(pair);
  for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key], found);
}

function whole(text: string): string[] {
  const [, word] = WITH_SCHEME.exec(text) ?? [];
  return word === undefined ? [text] : [text, word];
}

const USER = /^user(?:_?name)?$|^login$/i;

/** `user:password`, as Basic authorization encodes it. */
function basicIn(mapping: object): string[] {
  const texts = Object.entries(mapping).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const users = texts.filter(([key]) => USER.test(key)).map(([, user]) => user);
  const passwords = texts.filter(([key]) => /pass|pwd/i.test(key)).map(([, password]) => password);
  return users.flatMap((user) => passwords.map((password) => `${user}:${password}`));
}

/** `SharedAccessKeyName=a;SharedAccessKey=b`: the values by names that sound like a secret. */
const inConnectionString = (text: string): string[] => {
  const parts = text.split(/[;\s]+/).flatMap((part) => [...part.matchAll(/^([\w -]+)=(.+)$/g)]);
  const named = [...parts, ...text.matchAll(IN_QUOTES)];
  return named.flatMap(([, key = '', ...values]) =>
    isSecretText([key.trim()], values.join('')) ? values.filter(Boolean) : [],
  );
};

/** `password="hunter 2"`: the value without its quotes. A name begins at one place, or a long word would cost its square. */
const IN_QUOTES = /(?<![\w-])([\w-]+)=(?:"([^"]+)"|'([^']+)')/g;

/** A guess: shorter values, such as `main` and `latest`, are ordinary words. */
const LEAST_GUESSED = 6;
const ADDRESS = /^[^\s:@/]+:([^\s@]+)@(?:([^\s@:]+\.[^\s@:]+)|[^\s@:]+:\d{1,5})$/;

/** The password of `user:password@host:port`. Without a port, words alone are none: `mailto:orders@example.com`. */
function inAddress(text: string): string[] {
  const [, password = '', hostAlone] = ADDRESS.exec(text) ?? [];
  const isWord = hostAlone !== undefined && /^[a-z_.-]+$/i.test(password);
  return password.length < LEAST_GUESSED || isWord ? [] : [password];
}

/** The password, and the values of parameters that sound like one. */
function inUrl(text: string): string[] {
  if (!text.includes('://') || !URL.canParse(text)) return [...inConnectionString(text), ...inAddress(text)];
  const { password, searchParams } = new URL(text);
  const parameters = [...searchParams].filter(([name]) => isSecret([name])).map(([, value]) => value);
  return [password, decoded(password), ...parameters, ...inConnectionString(text)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A secret may be said as it is, as a URL has it, in a JSON text, or in a header. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(Buffer.from(secret).toString()),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
];

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Takes the secrets of this configuration out of a text, and whoever is named in a URL. */
export function maskOf(config: unknown): Mask {
  // The longest first: of a secret that begins like another one, the rest would stay.
  const forms = [...new Set(secretsIn(config).flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const secrets = forms.length === 0 ? undefined : new RegExp(forms.map(literally).join('|'), 'g');
  return (text) => {
    const masked = secrets === undefined ? text : text.replace(secrets, '***');
    return masked.includes('://') ? withoutUserInfo(masked) : masked;
  };
}
