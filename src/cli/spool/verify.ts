/** `produce spool verify`: reads the whole spool and reports all damage. It changes nothing. */

import { basename } from 'node:path';
import { counted, result, say } from '../output.ts';
import { EXIT, type ExitCode } from '../process/exit.ts';
import { type ProgressFlags, withProgress } from '../progress/show.ts';
import { damageOf, describe, lossesOf, openView, verified } from './views.ts';

export interface VerifyOptions extends ProgressFlags {
  readonly directory: string;
}

/** The result of a run that failed before it had one. Null stands for an unknown number. */
export const NOTHING_VERIFIED = {
  directory: null,
  records: null,
  pending: null,
  lost: null,
  damage: [],
  putAside: [],
  owner: null,
};

export async function verify(options: VerifyOptions): Promise<ExitCode> {
  const { directory, json } = options;
  const view = openView(directory);
  const { pending, owner = null, putAside } = view;
  const so = { records: 0, bytes: 0 };
  const read = () => ({ done: so.records, what: 'records', share: so.bytes / Math.max(1, view.bytes) });
  const whole = await withProgress({ ...options, title: basename(directory), read }, () => verified(view, so));
  const found = await lossesOf(view);
  // The half-written end that a crash leaves is no damage, because no caller was told that it was safe.
  const damage = found.filter(({ kind }) => kind !== 'unconfirmed');
  const lost = damage.reduce((sum, { count }) => sum + count, 0);
  for (const loss of found) say(describe(loss));
  for (const name of putAside) say(`${directory}: ${name} was damaged and renamed earlier; it is not read`);
  if (owner !== null) say(`${directory}: ${owner} has it, and may be writing: this is how it was a moment ago`);
  const records = `${counted(whole, 'whole record')}, ${pending} pending`;
  const ok = damage.length === 0;
  say(`${ok ? 'ok' : 'DAMAGED'}: ${directory}: ${records}${ok ? '' : `, ${counted(lost, 'message')} lost`}`);
  if (json) result({ ok, directory, records: whole, pending, lost, damage: damageOf(found), putAside, owner });
  return ok ? EXIT.delivered : EXIT.undelivered;
}
