/** Formats a wrong value for a message, so that no message shows a secret. */

/** Ends of keys that tell where a secret is or how it is used: `client_key_file`, `jwt_issuer`. */
const ABOUT =
  '(?![-_.]?(?:id|ids|field|name|file|path|dir|directory|location|header|type|size|bits|length|issuer|audience|alg|algorithm|identity|through)$)';

/** Keys whose value is never shown, whatever its origin. */
const SECRET_KEY = new RegExp(
  [
    'passw|passphrase|passcode|secret|token|credential|authorization|^bearer$|cookie|web[-_]?hook|connection[-_]?string',
    'shared[-_]?access[-_]?signature|(?:^|[-_.])key[-_.]pem$',
    // Parts of names; the short ones must stand alone, so that a path or a pattern does not match.
    `(?:^|[-_.])(?:pass|pwd|pat|jwt|psk|sas)(?=$|[-_.])${ABOUT}|^session(?:$|[-_]?(?:id|key|cookie))`,
    `(?:api|private|access|sign(?:ing)?|encrypt(?:ion)?|account|auth|master|shared|storage|hmac)[-_.]?key${ABOUT}`,
    // `client_keystore` and `app_keyboard` are other words.
    `(?:licen[cs]e|subscription|client|consumer|app(?:lication)?|functions?|ssh|service)[-_.]?keys?(?=$|[-_.\\d])${ABOUT}`,
  ].join('|'),
  'i',
);

/** Separates the words of a key in camelCase: `dbPass`, `DBPass`. */
const separated = (key: string): string => key.replaceAll(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_');

const isSecretKey = (key: string): boolean => SECRET_KEY.test(key) || SECRET_KEY.test(separated(key));

/** Whether a path is one of a secret. A value of `auth` is one, too, unless it is a mapping. */
export const isSecret = (path: readonly PropertyKey[]): boolean =>
  path.some((key) => isSecretKey(String(key))) || path.at(-1) === 'auth';

/** Keys that may just as well hold the name of a location. */
const DOUBTFUL_KEY = /(?:shared|storage|client|consumer|service)[-_.]?key/i;
/** Words of letters alone, which no key of an account is. */
const WORDS = /^[a-z]+(?:[-_. ][a-z]+)*$/i;

/** Keys that may just as well hold the path of a file. */
const FILE_KEY = /(?:private|client|ssh)[-_.]?key/i;
/** A path with a character that base64 lacks: `~/.ssh/id_rsa`, `/etc/tls/client.key`. */
const PATH = /^(?=\S*[.~])(?:~|\.{1,2})?\/\S+$/;

/** Whether the text at a path must be hidden wherever it appears. `storage_key: orders` would hide a topic. */
export function isSecretText(path: readonly PropertyKey[], text: string): boolean {
  const key = String(path.at(-1));
  const isDoubtful = (DOUBTFUL_KEY.test(key) && WORDS.test(text)) || (FILE_KEY.test(key) && PATH.test(text));
  return isSecret(isDoubtful ? path.slice(0, -1) : path);
}

const MAX_SHOWN = 40;

/** Cuts a text that is longer than any real name, because a whole file may have ended up in one value. */
const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** Removes user names and passwords from URLs. */
export const withoutUserInfo = (text: string): string => text.replaceAll(/:\/\/[^/\s]*@/g, '://***@');

/**
 * Removes the credentials from a text that was given as a value. `user:password@host` reveals a password without a scheme, and so
 * does anything before a server. Removes everything up to the last @, because a password may contain any character.
 */
function withoutCredentials(text: string): string {
  const end = text.lastIndexOf('@') + 1;
  const scheme = /^\w+:\/\//.exec(text)?.[0] ?? '';
  const isServer = /^[^\s@]*:\d+/.test(text.slice(end));
  return end > 0 && (isServer || text.slice(scheme.length, end).includes(':'))
    ? `${scheme}***@${text.slice(end)}`
    : text;
}

/** Removes the credentials of a header, the value after a word that sounds like a secret, and the values of a URL's parameters. */
const withoutValues = (text: string): string =>
  text
    .replaceAll(/\b(Bearer|Basic|Token|ApiKey)\s+\S[\s\S]*/gi, '$1 ***')
    .replaceAll(/([?&][^=&?\s]+=)[^&]+/g, '$1***')
    .replace(/^([^:=\s]+)(\s*[:=]\s*)(?!…$)\S[\s\S]*$/, (all, key, between) =>
      isSecret([key]) ? `${key}${between}***` : all,
    );

/** Escapes control and format characters, which would break the one line of a message, or control a terminal. */
const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

/** Returns a text in quotes, cut, without credentials and escaped. */
export const quote = (text: string): string =>
  `'${visible(cut(withoutValues(withoutUserInfo(withoutCredentials(text)))))}'`;

/** Cuts a key after its colon. Without a space after the colon, `password:hunter2` is a key as a whole. */
const keyText = (key: string): string => key.replace(/:[\s\S]+$/, ':…');

/** Returns a key in quotes, treated as `quote` treats a text. */
export const quoteKey = (key: string): string => quote(keyText(key));

/** Describes a value: `text 'abc'`, `5`, `a list`, `nothing`. */
export function shown(value: unknown, secret = false): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (secret) return typeof value === 'string' ? `${value === '' ? 'an empty' : 'a'} text` : `a ${typeof value}`;
  return typeof value === 'string' ? `text ${quote(value)}` : String(value);
}

/** Formats a path as `producers[1].queue.max_bytes`; a key that is not a plain word is quoted. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const word = String(key);
    if (!/^[\w-]+$/.test(word)) return `${text}[${quoteKey(word)}]`;
    return text === '' ? word : `${text}.${word}`;
  }, '');
}
