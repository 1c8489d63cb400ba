/** A row's result for the terminal. */

import type { RowResult } from './markdown.ts';
import type { Outcome } from './outcome.ts';

const lostOnes = ({ lostOnes = [] }: Outcome) =>
  lostOnes.map(({ at, partition, offset }) => ` (reported ${at} ms after the event, ${partition}:${offset})`).join('');

function figures(outcome: Outcome): string {
  const { accepted, delivered, deadLetters, duplicates, outOfOrder, lost, unsettled, stall, firstLetter } = outcome;
  const after = firstLetter
    ? ` (slowest ${outcome.slowestLetter} ms; first after ${firstLetter.after} ms: ${firstLetter.reason.slice(0, 90)})`
    : '';
  return [
    `accepted ${accepted}, delivered ${delivered}, lost ${lost}${lostOnes(outcome)}, unsettled ${unsettled}, duplicates ${duplicates}`,
    `out of order ${outOfOrder.perKey}/${outOfOrder.perPartition}, to and fro ${outcome.wandering}`,
    `dead letters ${deadLetters}${after}`,
    `stall ${stall.affected} ms, elsewhere ${stall.elsewhere} ms, lines a second ${outcome.linesASecond.toFixed(1)}`,
  ].join('; ');
}

export function describe({ outcomes, breaches }: RowResult): string[] {
  const rows = Object.entries(outcomes).flatMap(([subject, outcome]) => [
    `${subject.padEnd(13)} ${figures(outcome)}`,
    `${''.padEnd(13)} ${outcome.firstLine.slice(0, 200)}`,
    ...(outcome.ended === '0' ? [] : outcome.raw.slice(-20)),
  ]);
  return [...rows, breaches.length === 0 ? 'ok' : `BROKEN: ${breaches.join('; ')}`];
}
