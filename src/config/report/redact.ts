/** How a wrong value is shown in a message, so that no secret ever is. */

/** Keys whose value is never shown, wherever it came from. */
const SECRET_KEY = new RegExp(
  [
    'passw|passphrase|secret|token|credential|authorization|^bearer$|cookie|web[-_]?hook|connection[-_]?string',
    // Parts of names, so that a path or a pattern is none.
    '(?:^|[-_])(?:pass|pwd|pat|jwt|psk|sas)(?:$|[-_])|^session(?:$|[-_]?(?:id|key|cookie))',
    '(?:api|private|access|sign(?:ing)?|encrypt(?:ion)?|account|auth|master|shared|storage|hmac)[-_]?key(?!_?(?:id|field|name)$)',
  ].join('|'),
  'i',
);

/** What stands where credentials belong is one, too, unless it is a mapping of them. */
export const isSecret = (path: readonly PropertyKey[]): boolean =>
  path.some((key) => SECRET_KEY.test(String(key))) || path.at(-1) === 'auth';

/** Keys that may as well be the name of a place. */
const DOUBTFUL_KEY = /(?:shared|storage)[-_]?key/i;
/** No key of an account is made of letters alone. */
const WORDS = /^[a-z]+(?:[-_. ][a-z]+)*$/i;

/** Whether the text at a path is one to hide wherever it comes up. `storage_key: orders` would hide a topic. */
export function isSecretText(path: readonly PropertyKey[], text: string): boolean {
  const isDoubtful = DOUBTFUL_KEY.test(String(path.at(-1))) && WORDS.test(text);
  return isSecret(isDoubtful ? path.slice(0, -1) : path);
}

const MAX_SHOWN = 40;

/** Longer than any honest name: what follows is cut, because a whole file may have ended up in one value. */
const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** User names and passwords inside a URL. */
export const withoutUserInfo = (text: string): string => text.replaceAll(/:\/\/[^/\s]*@/g, '://***@');

/**
 * What is shown of a text that somebody wrote as a value: `user:password@host` needs no scheme to give a password away,
 * nor does anything in front of a server. All up to the last @ goes, as a password may contain any character.
 */
function withoutCredentials(text: string): string {
  const end = text.lastIndexOf('@') + 1;
  const scheme = /^\w+:\/\//.exec(text)?.[0] ?? '';
  const isServer = /^[^\s@]*:\d+/.test(text.slice(end));
  return end > 0 && (isServer || text.slice(scheme.length, end).includes(':'))
    ? `${scheme}***@${text.slice(end)}`
    : text;
}

/** Credentials of a header, values behind a word that sounds like a secret, and whatever a URL has for parameters. */
const withoutValues = (text: string): string =>
  text
    .replaceAll(/\b(Bearer|Basic|Token|ApiKey)\s+\S[\s\S]*/gi, '$1 ***')
    .replaceAll(/([?&][^=&?\s]+=)[^&\s]+/g, '$1***')
    .replace(/^([^:=\s]+)(\s*[:=]\s*)(?!…$)\S[\s\S]*$/, (all, key, between) =>
      isSecret([key]) ? `${key}${between}***` : all,
    );

/** Control and format characters would break the one line of a message, or drive a terminal. */
const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

/** A text in quotes, cut and made harmless. */
export const quote = (text: string): string =>
  `'${visible(cut(withoutValues(withoutUserInfo(withoutCredentials(text)))))}'`;

/** Without the space after its colon, `password:hunter2` is a key as a whole. */
const keyText = (key: string): string => key.replace(/:[\s\S]+$/, ':…');

/** A key in quotes, as harmless as a text. */
export const quoteKey = (key: string): string => quote(keyText(key));

/** The value in words: `text 'abc'`, `5`, `a list`, `nothing`. */
export function shown(value: unknown, secret = false): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (secret) return typeof value === 'string' ? `${value === '' ? 'an empty' : 'a'} text` : `a ${typeof value}`;
  return typeof value === 'string' ? `text ${quote(value)}` : String(value);
}

/** `producers[1].queue.max_bytes`; a key that is not a plain word is quoted. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const word = String(key);
    if (!/^[\w-]+$/.test(word)) return `${text}[${quoteKey(word)}]`;
    return text === '' ? word : `${text}.${word}`;
  }, '');
}
