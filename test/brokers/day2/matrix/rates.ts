/** How fast poison is found under a full load, and how fast the good messages of its partition go past it. */

import { atLeast, atMost, type Row } from '../../../accept/row.ts';
import type { Kind } from '../kinds.ts';
import { POISON_KINDS } from '../poison.ts';
import { runCalm, runCell } from './cell.ts';
import { type Cell, nameOf } from './cells.ts';

const POISON_A_SECOND = 20;
const GOOD_A_SECOND = 1000;
/** More than a message of another partition takes without poison. */
const RATIO = 2;
/** As fast as the producer takes them, and paced for the partitions beside it. */
const FULL = { rate: 20_000, count: 20_000, drainMs: 120_000 };

const cell = (kind: Kind, poison: Cell['poison'], every: number, partitions: number): Cell => {
  return { kind, poison, every, partitions, start: 'warm' };
};

/** One partition, all messages there at once: nothing but the search limits it. */
async function underFullLoad(kind: Kind, poison: Cell['poison']): Promise<Row[]> {
  const wanted = cell(kind, poison, 50, 1);
  const { costs } = await runCell(wanted, { median: 0 }, FULL);
  const [found, good] = [costs.poisonRate, costs.besideRate];
  return [
    atLeast(`${nameOf(wanted)}: poison found`, POISON_A_SECOND, { value: found, unit: '/s' }),
    ...(Number.isNaN(good)
      ? []
      : [atLeast(`${nameOf(wanted)}: good ones`, GOOD_A_SECOND, { value: good, unit: '/s' })]),
  ];
}

async function besideIt(kind: Kind, poison: Cell['poison']): Promise<Row> {
  const wanted = cell(kind, poison, 50, 12);
  const { costs } = await runCell(wanted, await runCalm(wanted));
  return atMost(`${nameOf(wanted)}: median of other partitions, by that without poison`, RATIO, {
    value: costs.ratio,
    unit: ' ×',
    digits: 1,
  });
}

/** Limits and figures, for each kind of poison. */
export async function rates(kinds: readonly Kind[], progress: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of kinds)
    for (const poison of POISON_KINDS) {
      progress(`${kind}: ${poison}`);
      rows.push(...(await underFullLoad(kind, poison)), await besideIt(kind, poison));
    }
  return rows;
}
