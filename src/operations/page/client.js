/** Asks the endpoint. The token is kept for this tab only, and is sent in a header, never in a URL. */

const KEY = 'outspool-token';

export class NoToken extends Error {}

export function rememberToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** @throws NoToken when the endpoint wants another token */
export async function ask(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(path, { ...options, headers, cache: 'no-store', credentials: 'omit' });
  if (response.status === 401) throw new NoToken();
  const body = await response.json();
  if (!response.ok && response.status !== 503) throw new Error(body.error ?? `status ${response.status}`);
  return body;
}
