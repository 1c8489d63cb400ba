/** The operations endpoint of a command: as the file or the flag `--operations` says. */

import { InvalidArgumentError, Option } from 'commander';
import type { LoadedOperations } from '../config/endpoint/read.ts';
import { OperationsConfig } from '../config/endpoint/schema.ts';
import { isListen } from '../config/schema/listen.ts';
import { OperationsEndpoint } from '../operations/endpoint.ts';
import type { Operated } from '../operations/operated.ts';
import type { Logger } from '../shared/log/logger.ts';
import { UsageError } from './process/exit.ts';

/** The flag of the commands that can be watched. */
export const operationsOption = () =>
  new Option(
    '--operations <host:port>',
    'a page, probes and figures of the producers by HTTP; the token is in the file (operations: { token })',
  ).argParser((text) => {
    if (isListen(text)) return text;
    throw new InvalidArgumentError('Expected an address as host:port, such as 127.0.0.1:9464.');
  });

export interface OperationsRequest {
  /** The address that the flag gives. */
  readonly flag: string | undefined;
  /** What the file says. Its token goes with the flag, too. */
  readonly file: LoadedOperations | undefined;
  readonly logger: Logger;
}

/** Returns the open endpoint; undefined if neither the file nor the flag asks for one. @throws ConfigError, UsageError */
export async function openOperations(
  operated: Operated,
  { flag, file, logger }: OperationsRequest,
): Promise<OperationsEndpoint | undefined> {
  if (flag === undefined && file === undefined) return undefined;
  const endpoint = new OperationsEndpoint(operated, logger);
  if (flag === undefined) await endpoint.listen(file?.config as OperationsConfig, file?.at);
  else await endpoint.listen(withFlag(flag, file));
  return endpoint;
}

/** @throws UsageError */
function withFlag(listen: string, file: LoadedOperations | undefined): OperationsConfig {
  const { data, error } = OperationsConfig.safeParse({ ...file?.config, listen });
  if (data !== undefined) return data;
  throw new UsageError(`--operations ${listen}: ${error.issues[0]?.message}, under 'operations' of the file`);
}
