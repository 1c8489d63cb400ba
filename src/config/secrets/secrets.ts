/** What a configuration keeps secret, and texts without it (I9). */

import type { Schema } from '../report/introspect.ts';
import { isSecret, isSecretText } from '../report/redact.ts';
import { hasMarkedKeys, isMarked, markedUnder } from './secret-mark.ts';
import { bytesOf, LEAST_HIDDEN, textsOf } from './secret-texts.ts';

/** Deeper than any configuration. */
const MAX_DEPTH = 16;

/** `Bearer abc` in a header: the second word by itself is the secret, too. */
const WITH_SCHEME = /^(?:Bearer|Basic|Token|ApiKey)\s+(\S+)$/i;

/** Where a configuration has a secret. */
export interface SecretPlace {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
  /** By its field; otherwise only parts of it are secret, such as the password of a URL. */
  readonly isWhole: boolean;
  /** What must not come up in any text. */
  readonly texts: readonly string[];
}

/** The values whose field is marked as secret or sounds like one, and those with a secret in them, wherever they are. */
export const secretPlaces = (config: unknown, schema?: Schema): SecretPlace[] =>
  placesIn({ value: config, path: [], schemas: schema === undefined ? [] : [schema], marked: false, around: [] });

/** The texts that must not come up. */
export const secretsIn = (config: unknown, schema?: Schema): string[] => {
  const found = new Set(secretPlaces(config, schema).flatMap(({ texts }) => texts));
  return [...found].filter((secret) => secret.length >= LEAST_HIDDEN);
};

interface Here {
  readonly value: unknown;
  readonly path: readonly PropertyKey[];
  readonly schemas: readonly Schema[];
  /** Whether this field, or one around it, carries the mark. */
  readonly marked: boolean;
  /** The objects that it is in. */
  readonly around: readonly object[];
}

function placesIn(given: Here): SecretPlace[] {
  const { value, path, schemas } = given;
  const here = { ...given, marked: given.marked || isMarked(schemas) };
  if (typeof value !== 'object' || value === null) return placeOf(here);
  if (path.length > MAX_DEPTH || given.around.includes(value)) return [];
  const places = isOrdinary(value) ? placesInside(here, value) : placesOfObject(here, value);
  return places.filter(({ isWhole, texts }) => isWhole || texts.length > 0);
}

const isOrdinary = (value: object): boolean =>
  Array.isArray(value) || [null, Object.prototype].includes(Object.getPrototypeOf(value));

function placesInside({ path, schemas, marked, around }: Here, value: object): SecretPlace[] {
  const within = [...around, value];
  const inner = membersOf(value).flatMap(([key, member]) =>
    placesIn({ value: member, path: [...path, key], schemas: markedUnder(schemas, key), marked, around: within }),
  );
  const keys = hasMarkedKeys(schemas) ? keysOf(value) : [];
  return [{ path, value, isWhole: keys.length > 0, texts: [...basicIn(value), ...keys.flatMap(whole)] }, ...inner];
}

/** The keys of a mapping as texts. */
const keysOf = (value: object): string[] => membersOf(value).map(([key]) => String(key));

/** Bytes, collections and instances of classes are shown as they are, or not at all where there is a secret in them. */
function placesOfObject(here: Here, value: object): SecretPlace[] {
  const inner = bytesOf(value) === undefined ? placesInside(here, value).flatMap(({ texts }) => texts) : [];
  const isWhole = isWholeObject(here, value) || inner.length > 0;
  const own = textsOf(value, isWhole).flatMap((text) => (isWhole ? [...whole(text), ...inside(text)] : inside(text)));
  return [{ path: here.path, value, isWhole, texts: [...own, ...inner] }];
}

/** As with numbers, only the mark says of a date that it is secret. */
const isWholeObject = ({ path, marked }: Here, value: object): boolean =>
  marked || (isSecret(path) && !(value instanceof Date));

/** The members of a mapping or a list with their keys as they stand in a path. */
export function membersOf(value: object): [string | number, unknown][] {
  if (value instanceof Map)
    return [...value].map(([key, member]) => [typeof key === 'object' ? '' : String(key), member]);
  return Array.isArray(value) || value instanceof Set ? [...[...value].entries()] : Object.entries(value);
}

/** Of numbers only the mark says that they are secret: `token_seconds: 60` is none. `true` is not looked for in texts. */
function placeOf({ value, path, marked }: Here): SecretPlace[] {
  if (value === undefined || value === null || value === '') return [];
  const isWhole = marked || (typeof value === 'string' && isSecretText(path, value));
  if (!isWhole && typeof value !== 'string') return [];
  const text = ['string', 'number', 'bigint'].includes(typeof value) ? String(value) : '';
  return [{ path, value, isWhole, texts: isWhole ? [...whole(text), ...inside(text)] : inside(text) }];
}

/** The secrets in a text that is none as a whole. */
const inside = (text: string): string[] => [...inUrl(text), ...inJson(text)].filter((secret) => secret !== '');

/** A file with several credentials, such as the key of a service account, may be the value of one field. */
function inJson(text: string): string[] {
  if (!/^\s*\{/.test(text)) return [];
  try {
    return secretsIn(JSON.parse(text));
  } catch {
    return [];
  }
}

/** The forms of a text that is a secret as a whole. */
export function whole(text: string): string[] {
  const [, word] = WITH_SCHEME.exec(text) ?? [];
  return [text, ...(word === undefined ? [] : [word]), ...linesOf(text)];
}

/** A line of a private key is quoted without the others. What has more lines is no key. */
const MOST_LINES = 200;
const LEAST_LINE = 16;

const linesOf = (text: string): string[] => {
  const lines = text.includes('\n') ? text.split(/\r?\n/, MOST_LINES + 1).map((line) => line.trim()) : [];
  return lines.length > MOST_LINES
    ? []
    : lines.filter((line) => line.length >= LEAST_LINE && !line.startsWith('-----'));
};

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
