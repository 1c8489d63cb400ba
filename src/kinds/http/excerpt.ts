/** Cuts a server's answer to one short line for display, without the secrets of the configuration (I9). */

import { plain } from '../../config/report/findings.ts';
import { Marks } from '../../config/report/positions.ts';
import { parseUrlTemplate } from '../../config/schema/url-template.ts';
import { type BodyForm, foreignEncoding, readableText } from './readable.ts';
import type { HttpConfig } from './schema.ts';

const LONGEST = 200;
/** Characters that are removed from the end of a truncated body, because part of a secret may be there. */
const LONGEST_SECRET = 512;
/** Minimum length of a URL's part that counts as secret, in characters. Shorter parts are ordinary words. */
const SECRET_PART = 12;
/** Characters that break the line or control a terminal. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029\ufffd]+/gu;

export class Excerpts {
  readonly #hidden = new Marks();
  readonly #display: ReturnType<typeof plain>;

  constructor(config: HttpConfig) {
    this.#display = plain(config);
    for (const value of Object.values(config.headers ?? {})) this.#hidden.hide(value, []);
    for (const value of credentials(config)) this.#hidden.hide(value, []);
    for (const url of [config.url, config.error_url ?? config.url])
      for (const part of partsOf(url)) this.#hidden.hide(part, []);
  }

  /** Returns the excerpt, empty for a body that is not text. `isCut`: the body was longer than `bytes`. */
  of(bytes: Buffer, form: BodyForm, isCut = false): string {
    const encoding = bytes.length === 0 ? undefined : foreignEncoding(form);
    if (encoding !== undefined) return shortened(this.#masked(`(a body encoded with ${encoding})`));
    // Masks before it cuts, because half a secret would not be recognised.
    const masked = this.#masked(readableText(bytes, form));
    return shortened(isCut ? masked.slice(0, -LONGEST_SECRET) : masked);
  }

  #masked(text: string): string {
    return this.#display.mask(this.#hidden.mask(text));
  }
}

function shortened(text: string): string {
  const line = oneLine(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

const oneLine = (text: string): string =>
  text
    .replaceAll(UNSEEN, ' ')
    .replaceAll(/\s{2,}/g, ' ')
    .trim();

function credentials({ auth }: HttpConfig): string[] {
  const { basic, bearer } = auth ?? {};
  const both = basic === undefined ? [] : [Buffer.from(`${basic.username}:${basic.password}`).toString('base64')];
  return [...both, ...(basic === undefined ? [] : [basic.password]), ...(bearer === undefined ? [] : [bearer])];
}

/** Returns the parts of a URL that may be secret. The URL of a webhook is often its only secret. */
function partsOf(url: string): string[] {
  const texts = parseUrlTemplate(url).parts.filter((part) => typeof part === 'string');
  return texts.flatMap((text) => text.split(/[/?&=]/)).filter((part) => part.length >= SECRET_PART);
}
