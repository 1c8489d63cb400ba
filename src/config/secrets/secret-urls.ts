/** Finds the secrets that are in a URL, apart from its password: signatures, keys of functions, and addresses of webhooks. */

import { isSecretText } from '../report/redact.ts';

/** Minimum length of a URL's path that is masked. Shorter ones, such as `/hook`, are no secrets. */
const LEAST_ADDRESS = 8;

/** Returns the path of a URL. The path of a webhook is its secret, and logs contain it without the server. */
export function addressIn(text: string): string[] {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return [];
  const { pathname, search } = new URL(text);
  return [pathname, `${pathname}${search}`].filter((one) => one.length >= LEAST_ADDRESS);
}

/** Returns the path of a webhook's URL and its random parts, none for any other URL. */
export function webhookIn(text: string): string[] {
  const address = addressIn(text);
  if (address.length === 0) return [];
  const { host, pathname } = new URL(text);
  const parts = pathname.split('/');
  const isHook = /hook/i.test(`${host}${pathname}`) && parts.some(isRandom);
  if (!isHook && !parts.some(isBot)) return [];
  return [...address, ...parts.filter((part) => part.length >= LEAST_TOKEN && isRandom(part))];
}

/** Minimum length of a token in a path. Shorter ids are masked with the path only. */
const LEAST_TOKEN = 12;

/** Three digits, 24 letters in sequence, or a digit in a long part. */
const RANDOM = [/(?:\d\D*){3}/, /[a-z]{24}/i, /^(?=.*\d).{12}/];

const VERSION = '[vV]?\\d{1,2}';
const DATE = '(?:19|20)\\d\\d(?:[-_.]?(?:0\\d|1[0-2])(?:[-_.]?[0-3]\\d)?)?';
/** The end of a name: `-v2`, `1`, `-1.2.3`, `-20240101`, `.2024-01`. */
const END = `(?:[-_.]?(?:[vV]?\\d{1,3}(?:\\.\\d{1,3}){0,2}|${DATE}))?$`;

/**
 * Names of two words or more, or of a word and a separated number: `order-events-v2`, `orderEvents2`, `ORDERS_EU_1`. One word and
 * a digit (`qwhzkjtmxpl7`) may be a token.
 */
const NAMES = [
  `^(?=.+[-_.A-Z])[A-Z]?[a-z]{2,20}(?:[-_.](?:[A-Z]?[a-z]{2,20}|${VERSION})|[A-Z][a-z]{2,20})*${END}`,
  `^(?=.+[-_.])[A-Z]{2,20}(?:[-_.](?:[A-Z]{2,20}|${VERSION}))*${END}`,
].map((pattern) => new RegExp(pattern));

/** Maximum length of a name. A regular expression overflows its stack on a part of some megabytes. */
const LONGEST_NAME = 1024;

/** Whether a part of a path was made by a program, such as an id or a token. `v1`, `orders` and `order-events-v2` were not. */
const isRandom = (part: string): boolean => part.length > LONGEST_NAME || isRandomName(part);

const isRandomName = (part: string): boolean =>
  RANDOM.some((pattern) => pattern.test(part)) && !NAMES.some((pattern) => pattern.test(part));

/** The token of a Telegram bot. */
const isBot = (part: string): boolean => /^bot\d+:[\w-]+$/.test(part);

/** A parameter of a URL. The length of its name is limited, so that a long text takes no time in proportion to its square. */
const IN_URL = /[?&]([^=&?#\s]{1,64})=([^&#]+)/g;
/** A parameter of a URL within another text, such as a connection string, which goes on after the URL. */
const IN_TEXT = /[?&]([^=&?#\s]{1,64})=([^&#\s;]+)/g;

/** A URL's path and parameters may be given without its server. */
const BASE = 'https://localhost';

/** Returns the values of parameters whose names sound like a secret, as they are written, as `URL` writes them, and decoded. */
export function parametersIn(text: string): string[] {
  if (!text.includes('=')) return [];
  const url = URL.canParse(text, BASE) ? new URL(text, BASE) : undefined;
  const isUrl = URL.canParse(text) && !/\s/.test(text);
  const written = [
    ...text.matchAll(IN_URL),
    ...(isUrl ? [] : text.matchAll(IN_TEXT)),
    ...(url?.search.matchAll(IN_URL) ?? []),
  ].map(([, name = '', value = '']) => [decoded(name), value] as const);
  return [...written, ...(url?.searchParams ?? [])].flatMap(([name, value]) =>
    isSecretParameter(name, value) ? [value, decoded(value), formDecoded(value)] : [],
  );
}

/** Decodes a parameter's value as `URLSearchParams` does, which reads `+` as a space and leaves a wrong `%` as it is. */
const formDecoded = (value: string): string => new URLSearchParams(`=${value}`).get('') ?? value;

/** Minimum length of a signature. */
const LEAST_SIGNATURE = 6;
/** Minimum length of a function's key. Shorter codes name a country or a status. */
const LEAST_CODE = 12;

const isSecretParameter = (name: string, value: string): boolean =>
  isSecretText([name], value) ||
  (/(?:^|[-_.])sig(?:nature)?$/i.test(name) && value.length >= LEAST_SIGNATURE) ||
  (/^code$/i.test(name) && value.length >= LEAST_CODE);

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
