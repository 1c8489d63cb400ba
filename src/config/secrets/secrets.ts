/** Finds the secrets in a configuration (I9). */

import type { Schema } from '../report/introspect.ts';
import { isSecret, isSecretText } from '../report/redact.ts';
import { hasMarkedKeys, isMarked, markedUnder } from './secret-mark.ts';
import { bytesOf, formEncoded, LEAST_HIDDEN, textsOf } from './secret-texts.ts';
import { decoded, parametersIn, webhookIn } from './secret-urls.ts';

/** Maximum depth of the search, which is more than any configuration has. */
const MAX_DEPTH = 16;

/** An authorization such as `Bearer abc`. The second word by itself is a secret, too. */
const WITH_SCHEME = /^(?:Bearer|Basic|Token|ApiKey|SharedAccessSignature)\s+(\S+)$/i;

export interface SecretPlace {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
  /** Whether the value as a whole is secret, by its field. Else only parts of it are, such as the password of a URL. */
  readonly isWhole: boolean;
  readonly texts: readonly string[];
}

/** Finds the values whose field is marked as secret or has the name of one, and all values with a secret in them. */
export const secretPlaces = (config: unknown, schema?: Schema): SecretPlace[] =>
  placesIn({ value: config, path: [], schemas: schema === undefined ? [] : [schema], marked: false, around: [] });

/** Returns the texts to mask in any output. */
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
  /** The objects that contain the value. */
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

/** Returns the keys of a mapping as texts. */
const keysOf = (value: object): string[] => membersOf(value).map(([key]) => String(key));

/** Finds the secrets of bytes, collections and instances of classes, which are shown or hidden as a whole. */
function placesOfObject(here: Here, value: object): SecretPlace[] {
  const inner = bytesOf(value) === undefined ? placesInside(here, value).flatMap(({ texts }) => texts) : [];
  const isWhole = isWholeObject(here, value) || inner.length > 0;
  const own = textsOf(value, isWhole).flatMap((text) => (isWhole ? [...whole(text), ...inside(text)] : inside(text)));
  return [{ path: here.path, value, isWhole, texts: [...own, ...inner] }];
}

/** Whether an object as a whole is secret. A date is one only by the mark, as a number is. */
const isWholeObject = ({ path, marked }: Here, value: object): boolean =>
  marked || (isSecret(path) && !(value instanceof Date));

/** Returns the members of a mapping or a list, with their keys as a path has them. */
export function membersOf(value: object): [string | number, unknown][] {
  if (value instanceof Map)
    return [...value].map(([key, member]) => [typeof key === 'object' ? '' : String(key), member]);
  return Array.isArray(value) || value instanceof Set ? [...[...value].entries()] : Object.entries(value);
}

/** Finds the secrets of a scalar. A number is one only by the mark: `token_seconds: 60` is none. */
function placeOf({ value, path, marked }: Here): SecretPlace[] {
  if (value === undefined || value === null || value === '') return [];
  const isWhole = marked || (typeof value === 'string' && isSecretText(path, value));
  if (!isWhole && typeof value !== 'string') return [];
  const text = ['string', 'number', 'bigint'].includes(typeof value) ? String(value) : '';
  return [{ path, value, isWhole, texts: isWhole ? [...whole(text), ...inside(text)] : inside(text) }];
}

/** Returns the secrets in a text that is no secret as a whole. */
const inside = (text: string): string[] =>
  [...inUrl(text), ...parametersIn(text), ...webhookIn(text), ...inJson(text)].filter((secret) => secret !== '');

/** Returns the secrets in a text of JSON, such as the key of a service account. */
function inJson(text: string): string[] {
  if (!/^\s*\{/.test(text)) return [];
  try {
    return secretsIn(JSON.parse(text));
  } catch {
    return [];
  }
}

/** Returns the forms of a text that is a secret as a whole. */
export function whole(text: string): string[] {
  const [, word] = WITH_SCHEME.exec(text) ?? [];
  return [text, ...(word === undefined ? [] : [word]), ...linesOf(text)];
}

/** Maximum number of lines of a key. A line of a private key may be quoted without the others, but a longer text is no key. */
const MOST_LINES = 200;
const LEAST_LINE = 16;

const linesOf = (text: string): string[] => {
  const lines = text.includes('\n') ? text.split(/\r?\n/, MOST_LINES + 1).map((line) => line.trim()) : [];
  return lines.length > MOST_LINES
    ? []
    : lines.filter((line) => line.length >= LEAST_LINE && !line.startsWith('-----'));
};

/** Keys of the two texts that Basic authorization joins: of a user, and of a client of OAuth. */
const PAIRS: readonly (readonly [user: RegExp, password: RegExp])[] = [
  [/^user(?:_?name)?$|^login$/i, /pass|pwd/i],
  [/(?:^|[-_.])(?:client|consumer|app)[-_.]?(?:id|key)$/i, /secret$/i],
];

/** Returns `user:password`, as Basic authorization encodes it. OAuth has both URL-encoded before (RFC 6749, 2.3.1). */
function basicIn(mapping: object): string[] {
  const texts = Object.entries(mapping).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const under = (pattern: RegExp) => texts.filter(([key]) => pattern.test(key)).map(([, text]) => text);
  return PAIRS.flatMap(([user, password]) =>
    under(user).flatMap((name) =>
      under(password).flatMap((word) => [`${name}:${word}`, `${formEncoded(name)}:${formEncoded(word)}`]),
    ),
  );
}

/** Returns the values of `SharedAccessKeyName=a;SharedAccessKey=b` whose names sound like a secret. */
const inConnectionString = (text: string): string[] => {
  const parts = text.split(/[;\s]+/).flatMap((part) => [...part.matchAll(/^([\w -]+)=(.+)$/g)]);
  const named = [...parts, ...text.matchAll(IN_QUOTES)];
  return named.flatMap(([, key = '', ...values]) =>
    isSecretText([key.trim()], values.join(''))
      ? values.filter(Boolean).flatMap((value) => [value, ...parametersIn(`?${value}`)])
      : [],
  );
};

/**
 * Matches `password="hunter 2"`, with the value without its quotes. A name can begin at only one position. Else a long word would
 * take time in proportion to the square of its length.
 */
const IN_QUOTES = /(?<![\w-])([\w-]+)=(?:"([^"]+)"|'([^']+)')/g;

/** Minimum length of a guessed password. Shorter values, such as `main` and `latest`, are ordinary words. */
const LEAST_GUESSED = 6;
const ADDRESS = /^[^\s:@/]+:([^\s@]+)@(?:([^\s@:]+\.[^\s@:]+)|[^\s@:]+:\d{1,5})$/;

/** Returns the password of `user:password@host:port`. Without a port, letters alone are none: `mailto:orders@example.com`. */
function inAddress(text: string): string[] {
  const [, password = '', hostAlone] = ADDRESS.exec(text) ?? [];
  const isWord = hostAlone !== undefined && /^[a-z_.-]+$/i.test(password);
  return password.length < LEAST_GUESSED || isWord ? [] : [password];
}

/** Returns the password of a URL, and the secrets of a text that is none. */
function inUrl(text: string): string[] {
  if (!text.includes('://') || !URL.canParse(text)) return [...inConnectionString(text), ...inAddress(text)];
  const { password } = new URL(text);
  return [password, decoded(password), ...inConnectionString(text)];
}
