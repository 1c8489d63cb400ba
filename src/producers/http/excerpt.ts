/** What may be shown of what a server said: one short line, without what the configuration keeps secret (I9). */

import { plain } from '../../config/findings.ts';
import type { HttpConfig } from '../../config/http.ts';
import { Marks } from '../../config/marks.ts';
import { parseUrlTemplate } from '../../config/url-template.ts';

const LONGEST = 200;
/** Shorter parts of a URL are ordinary words. */
const SECRET_PART = 12;
const TEXT = /^(?:text\/(?!html|css)|application\/(?:[\w.-]+\+)?json\b)/i;
/** They break the line, or drive a terminal. */
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

  /** Empty for what is no text for people. */
  of(bytes: Buffer, contentType: unknown): string {
    if (typeof contentType !== 'string' || !TEXT.test(contentType)) return '';
    // Before it is cut: half a secret would not be recognised.
    const masked = this.#display.mask(this.#hidden.mask(bytes.toString()));
    const line = masked.replaceAll(UNSEEN, ' ').replaceAll(/ {2,}/g, ' ').trim();
    return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
  }
}

function credentials({ auth }: HttpConfig): string[] {
  const { basic, bearer } = auth ?? {};
  const both = basic === undefined ? [] : [Buffer.from(`${basic.username}:${basic.password}`).toString('base64')];
  return [...both, ...(basic === undefined ? [] : [basic.password]), ...(bearer === undefined ? [] : [bearer])];
}

/** The address of a webhook is often all the secret that it has. */
function partsOf(url: string): string[] {
  const texts = parseUrlTemplate(url).parts.filter((part) => typeof part === 'string');
  return texts.flatMap((text) => text.split(/[/?&=]/)).filter((part) => part.length >= SECRET_PART);
}
