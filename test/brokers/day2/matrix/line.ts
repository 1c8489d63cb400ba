/** A cell's result in a line. */

import type { CellResult } from './cell.ts';

const whole = (figure: number) => (Number.isNaN(figure) ? '-' : figure.toFixed(0));

export function lineOf({ figures, costs }: CellResult): string {
  const { accepted, delivered, deadLetters, innocents, duplicates, outOfOrder, unsettled } = figures;
  return [
    `accepted ${accepted}, delivered ${delivered}, dead letters ${deadLetters} (innocent ${innocents})`,
    `unsettled ${unsettled}, duplicates ${duplicates}`,
    `out of order ${outOfOrder.perKey} per key, ${outOfOrder.perPartition} per partition`,
    `poison ${whole(costs.poisonRate)}/s, good beside it ${whole(costs.besideRate)}/s`,
    `other partitions: stall ${whole(costs.othersStall)} ms, median ${whole(costs.othersMedian)} ms (× ${costs.ratio.toFixed(1)})`,
  ].join('; ');
}
