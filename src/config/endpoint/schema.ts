/** The settings of the operations endpoint, by which a person or a monitoring system watches the producers of a file. */

import { z } from 'zod';
import { isLoopback } from '../../shared/util/loopback.ts';
import { bearerToken, listenAddress, parseListen } from '../schema/listen.ts';
import { withRules } from '../schema/rules.ts';

export const DEFAULT_OPERATIONS = '127.0.0.1:9464';

const settings = z.strictObject({
  listen: listenAddress(9464)
    .default(DEFAULT_OPERATIONS)
    .describe(`The address and port; any but a loopback address needs a token. Default: ${DEFAULT_OPERATIONS}.`),
  token: bearerToken()
    .optional()
    .describe('What clients send as Authorization: Bearer. Default: none, on a loopback address only.'),
});

/** Whether others than this machine can reach an address. A host name is resolved and checked again when it is bound. */
function reachesOut(listen: unknown): boolean {
  const { host } = typeof listen === 'string' ? parseListen(listen) : { host: '' };
  return host !== '' && !isLoopback(host);
}

export const OperationsConfig = withRules(settings, [
  {
    path: 'listen',
    error: "needs 'token' as well: others can reach this address",
    kept: ({ listen, token }) => token !== undefined || !reachesOut(listen),
  },
]);

export type OperationsConfig = z.output<typeof OperationsConfig>;
