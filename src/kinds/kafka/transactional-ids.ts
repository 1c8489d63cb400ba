/** Finds transactional ids that two producers of a file share. The second producer to take an id fences the first. */

import type { Found } from '../../config/dead-letter-targets.ts';
import type { Context } from '../../config/definition.ts';
import { quote } from '../../config/report/redact.ts';
import { KafkaFields } from './fields.ts';

interface Holder {
  readonly id: string;
  readonly name: string;
  readonly servers: readonly string[];
  readonly line: number;
}

const ID = 'transactional_id';

/** Reports an id that two producers of one cluster have. Two clusters with a common server count as the same. */
export function checkTransactionalIds(found: readonly Found[], context: Context): void {
  const { reader, source, problems } = context;
  const holders: Holder[] = [];
  for (const { path, value } of found) {
    const here = [...path, ID];
    const { type, name, [ID]: id } = value;
    if (type !== 'kafka' || typeof id !== 'string' || id === '' || reader.marks.isUnreadable(here)) continue;
    const servers = serversOf(value.bootstrap_servers);
    const offset = reader.marks.offset(here, 'value');
    const first = holders.find((one) => one.id === id && one.servers.some((server) => servers.includes(server)));
    if (first === undefined) holders.push({ id, name: String(name), servers, line: source.at(offset).line });
    else problems.add(offset, here, reader.marks.mask(taken(first)));
  }
}

const taken = ({ name, line }: Holder): string =>
  `is that of producer ${quote(name)}, on line ${line}, too: expected one of its own, as each would end the other`;

const DEFAULT = KafkaFields.shape.bootstrap_servers.parse(undefined);

/** Returns the servers. Values of the wrong type are skipped, because the schema reports them. */
function serversOf(given: unknown): string[] {
  const list = [given ?? DEFAULT].flat().filter((one): one is string => typeof one === 'string');
  return list.flatMap((one) => one.split(',')).map((server) => server.trim().toLowerCase());
}
