/** What a message must have for the placeholders of its URL. */

import { type Placeholder, parseUrlTemplate } from '../../config/schema/url-template.ts';
import type { Needs } from '../common/needs.ts';
import type { HttpConfig } from './schema.ts';

/** Returns the needs of an ordinary message, or of one that is marked as an error. A placeholder with a default needs nothing. */
export function needsOf({ url, error_url = url }: Pick<HttpConfig, 'url' | 'error_url'>, isError: boolean): Needs {
  const { parts } = parseUrlTemplate(isError ? error_url : url);
  const needed = parts.filter((part) => typeof part !== 'string').filter(({ fallback }) => fallback === undefined);
  const of = (wanted: Placeholder['source']) => needed.filter(({ source }) => source === wanted);
  return {
    key: of('key').length > 0,
    headers: of('header').map(({ path }) => path[0] as string),
    fields: of('field').map(({ path }) => path),
  };
}
