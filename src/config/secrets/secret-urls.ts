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

/** Whether a part of a path was made by a program, such as an id or a token. `v1`, `orders` and `orders-2` were not. */
const isRandom = (part: string): boolean => RANDOM.some((pattern) => pattern.test(part));

/** The token of a Telegram bot. */
const isBot = (part: string): boolean => /^bot\d+:[\w-]+$/.test(part);

/** A parameter of a URL. The length of its name is limited, so that a long text takes no time in proportion to its square. */
const PARAMETER = /[?&]([^=&?#\s]{1,64})=([^&#\s;]+)/g;

/** Returns the values of parameters whose names sound like a secret, as they are written and as they are meant. */
export const parametersIn = (text: string): string[] =>
  [...text.matchAll(PARAMETER)].flatMap(([, name = '', value = '']) =>
    isSecretParameter(decoded(name), value) ? [value, decoded(value), decoded(value.replaceAll('+', ' '))] : [],
  );

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
