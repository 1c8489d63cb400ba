/** What was wrong with a life: the promises that hold whatever call fails. */

import type { Evidence } from './life.ts';
import { OWN_CODE, type WrongKind } from './processes/orders.ts';
import { unsyncedNames } from './syncs.ts';

export type ComplaintKind = WrongKind | 'host ended' | 'lost' | 'not restarted' | 'name not synced';

export interface Complaint {
  readonly kind: ComplaintKind;
  readonly text: string;
}

export function judge(evidence: Evidence): Complaint[] {
  const said = evidence.events.flatMap((event) =>
    event.event === 'wrong' ? { kind: event.kind, text: event.text } : [],
  );
  return [...ends(evidence), ...said, ...losses(evidence), ...restarts(evidence), ...names(evidence)];
}

function ends({ ended, events }: Evidence): Complaint[] {
  if (ended !== OWN_CODE) return [{ kind: 'host ended', text: `with ${ended}` }];
  if (events.some(({ event }) => event === 'shut down')) return [];
  return [{ kind: 'host ended', text: 'before it was shut down' }];
}

function losses({ promised, arrived }: Evidence): Complaint[] {
  const lost = promised.filter((id) => !arrived.has(id));
  return lost.length === 0 ? [] : [{ kind: 'lost', text: `${lost.length}: ${lost.slice(0, 5).join(', ')}` }];
}

const restarts = ({ restart }: Evidence): Complaint[] =>
  restart === undefined ? [] : [{ kind: 'not restarted', text: restart }];

/** One that was killed has had no time for it. */
function names({ ended, calls }: Evidence): Complaint[] {
  const unsynced = ended === OWN_CODE ? unsyncedNames(calls) : [];
  return unsynced.length === 0 ? [] : [{ kind: 'name not synced', text: unsynced.join(', ') }];
}
