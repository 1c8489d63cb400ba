/** The schema of an HTTP producer: its settings (fields.ts), and the rules between them. */

import type { z } from 'zod';
import { parseDuration } from '../../config/schema/duration.ts';
import { type Rule, withRules } from '../../config/schema/rules.ts';
import { namesTls, TLS_RULES } from '../../config/schema/tls.ts';
import { parseUrlTemplate } from '../../config/schema/url-template.ts';
import { HttpFields } from './fields.ts';

/** Returns undefined for a text that is no URL, which is reported elsewhere. */
function originOf(url: unknown): string | undefined {
  try {
    return parseUrlTemplate(String(url)).origin;
  } catch {
    return undefined;
  }
}

const DEFAULT_ATTEMPT_SECONDS = 30;

function inTime({ request_timeout, attempt_timeout_seconds = DEFAULT_ATTEMPT_SECONDS }: Partial<HttpFields>): boolean {
  try {
    return request_timeout === undefined || parseDuration(request_timeout) < Number(attempt_timeout_seconds) * 1000;
  } catch {
    return true; // an invalid duration is reported elsewhere
  }
}

function lingersInTime({ batch, attempt_timeout_seconds = DEFAULT_ATTEMPT_SECONDS }: Partial<HttpFields>): boolean {
  try {
    return parseDuration(batch?.linger ?? '0ms') < Number(attempt_timeout_seconds) * 1000;
  } catch {
    return true;
  }
}

const hasHeader = (headers: unknown, wanted: string): boolean =>
  Object.keys(Object(headers)).some((name) => name.toLowerCase() === wanted);

const RULES: readonly Rule<HttpFields>[] = [
  {
    path: 'error_url',
    error: "expected the scheme, host and port of 'url': for another server make another producer, and a route to it",
    kept: ({ url, error_url }) => {
      const [own, other] = [originOf(url), originOf(error_url)];
      return own === undefined || other === undefined || own === other;
    },
  },
  {
    path: 'url',
    error: "would not use the settings that begin with 'ssl_', expected https://",
    kept: (config) => !namesTls(config) || !originOf(config.url)?.startsWith('http:'),
  },
  {
    path: 'headers',
    error: "would be in the way of 'auth': leave Authorization out here, or 'auth' there",
    kept: ({ headers, auth }) => auth === undefined || !hasHeader(headers, 'authorization'),
  },
  {
    path: 'batch',
    error: "needs 'body: json' or 'body: ndjson': nothing would tell where one message ends and the next begins",
    kept: ({ batch, body }) => batch === undefined || body !== 'raw',
  },
  {
    path: 'envelope',
    error: "needs 'body: json' or 'body: ndjson'",
    kept: ({ envelope, body }) => envelope !== true || body !== 'raw',
  },
  {
    path: 'max_in_flight',
    error: "requests that overlap may arrive in another order: write 'ordered: false' if that may be",
    kept: ({ max_in_flight = 1, ordered }) => !(max_in_flight > 1) || ordered === false,
  },
  {
    path: 'request_timeout',
    error: "expected less than 'attempt_timeout_seconds', after which the attempt is abandoned",
    kept: inTime,
  },
  {
    path: 'batch',
    error: "expected a 'linger' below 'attempt_timeout_seconds', after which the attempt is abandoned",
    kept: lingersInTime,
  },
  ...TLS_RULES,
];

/** Settings of an HTTP producer. */
export const HttpProducerConfig = withRules(HttpFields, RULES);

export type HttpConfig = z.infer<typeof HttpProducerConfig>;
