/**
 * A poison message costs no other message anything: it alone is dead-lettered, and the rest arrives once and in order. A sample
 * of the matrix; all of it with OUTSPOOL_POISON_CELLS=all, some with a part of their names.
 */

import { expect } from 'chai';
import { runCalm, runCell } from './day2/matrix/cell.ts';
import { ALL, type Cell, nameOf, SAMPLE } from './day2/matrix/cells.ts';
import type { Calm } from './day2/matrix/costs.ts';
import { lineOf } from './day2/matrix/line.ts';

const WANTED = process.env.OUTSPOOL_POISON_CELLS;

function chosen(): readonly Cell[] {
  if (WANTED === undefined) return SAMPLE;
  return WANTED === 'all' ? ALL : ALL.filter((cell) => nameOf(cell).includes(WANTED));
}

describe('the poison matrix on a cluster of three', function () {
  this.timeout(120_000);

  const calm = new Map<string, Calm>();

  /** One for each kind of producer and number of partitions. */
  async function calmFor(cell: Cell): Promise<Calm> {
    const name = `${cell.kind} ${cell.partitions}`;
    const known = calm.get(name) ?? (await runCalm(cell));
    calm.set(name, known);
    return known;
  }

  for (const cell of chosen())
    it(nameOf(cell), async () => {
      const result = await runCell(cell, await calmFor(cell));
      console.log(`      ${lineOf(result)}`);
      const { unsettled, lost, duplicates, outOfOrder, innocents, deadLetters, accepted } = result.figures;
      expect({ unsettled, lost, duplicates, outOfOrder, innocents }).to.deep.equal({
        unsettled: 0,
        lost: 0,
        duplicates: 0,
        outOfOrder: { perKey: 0, perPartition: 0 },
        innocents: 0,
      });
      expect(deadLetters, 'poison that was found').to.equal(result.poison);
      expect(result.figures.delivered).to.equal(accepted - deadLetters);
    });
});
