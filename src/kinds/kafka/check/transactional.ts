/**
 * Checks whether the user may use the transactional id and the group that holds its marks.
 *
 * No client can ask that without beginning a transaction, which would fence a running producer. So the check sends two requests
 * of its own. Both name a producer id that no broker assigns, so a broker refuses them after it has checked the permissions, or
 * earlier. Nothing changes on the broker.
 */

import type { Socket } from 'node:net';
import type { LayerFinding } from '../../../caller/check/check.ts';
import { authenticate } from '../explain/authenticate.ts';
import { Dialogue, int8, int16, int64, type Request, text } from '../explain/dialogue.ts';
import type { Properties } from '../explain/servers.ts';
import { markGroup } from '../transaction-mark.ts';

const FIND_COORDINATOR = { api: 10, version: 1 };
const OF_TRANSACTIONS = 1;
const ADD_OFFSETS_TO_TRANSACTION = { api: 25, version: 0 };
const NO_PRODUCER_ID = -1n;
const NO_EPOCH = -1;

/** Both answers begin with the throttle time. */
const CODE_AT = 4;
const GROUP_AUTHORIZATION_FAILED = 30;
const TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53;
/** Answers after the permissions: no coordinator (14 to 16), unknown producer id or epoch (47, 49, 90), other state (48, 51). */
const PERMITTED: ReadonlySet<number> = new Set([0, 14, 15, 16, 47, 48, 49, 51, 90]);

export interface RightsQuestion {
  readonly transactionalId: string;
  readonly properties: Properties;
  /** The deadline, a time of `performance.now()`. */
  readonly end: number;
  /** Opens a connection to a broker whose certificate has been verified. */
  connect(): Promise<Socket>;
}

/** Returns the finding. Permissions that cannot be found out are no failure. */
export async function rightsFinding(question: RightsQuestion): Promise<LayerFinding> {
  const { transactionalId: id } = question;
  const group = markGroup(id);
  const code = await ask(question, requests(id, group)).catch(() => undefined);
  if (code === TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    return denied(`no permission to use the transactional id '${id}'`, 'have WRITE and DESCRIBE on it');
  if (code === GROUP_AUTHORIZATION_FAILED)
    return denied(`no permission to use the group '${group}', which marks transactions`, 'have READ on it');
  return code === undefined ? { note: `transactional id '${id}': not known` } : { note: `may use '${id}'` };
}

const denied = (problem: string, advice: string): LayerFinding => ({
  problem,
  advice: `${advice} granted to this user (an ACL of the broker)`,
  setting: 'transactional_id',
});

const requests = (id: string, group: string): Request[] => [
  { ...FIND_COORDINATOR, body: [text(id), int8(OF_TRANSACTIONS)] },
  { ...ADD_OFFSETS_TO_TRANSACTION, body: [text(id), int64(NO_PRODUCER_ID), int16(NO_EPOCH), text(group)] },
];

/** Returns the first code that denies a permission, else that of the last answer; undefined where that code is inconclusive. */
async function ask({ connect, properties, end }: RightsQuestion, all: readonly Request[]): Promise<number | undefined> {
  const dialogue = new Dialogue(await connect(), end);
  try {
    await authenticate(dialogue, properties);
    let code: number | undefined;
    for (const request of all) {
      code = (await dialogue.ask(request)).readInt16BE(CODE_AT);
      if (code === TRANSACTIONAL_ID_AUTHORIZATION_FAILED || code === GROUP_AUTHORIZATION_FAILED) return code;
    }
    return code !== undefined && PERMITTED.has(code) ? code : undefined;
  } finally {
    dialogue.close();
  }
}
