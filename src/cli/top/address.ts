/** Addresses of operations endpoints, as they are typed. */

import { UsageError } from '../process/exit.ts';

/** Where `operations: { listen }` is by default. */
export const DEFAULT_ADDRESS = '127.0.0.1:9464';

/** The variable with the token, because other users of the machine can read the flags of a process. */
export const TOKEN_VARIABLE = 'OUTSPOOL_OPERATIONS_TOKEN';

/** Returns the URL under which the paths of an endpoint are, with a slash at its end. @throws UsageError */
export function endpointUrl(address: string): URL {
  const text = /^https?:\/\//i.test(address) ? address : `http://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const expected = `expected host:port, or a URL such as http://${DEFAULT_ADDRESS}/`;
  if (url !== undefined && url.username + url.password !== '')
    throw new UsageError(`${expected}, without a user name (the token is in ${TOKEN_VARIABLE})`);
  if (url === undefined || url.search !== '' || url.hash !== '') throw new UsageError(`${address}: ${expected}`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
