/** The shutdown matrix against its time limits: `shutdown(1000)` keeps its deadline, and the process ends after it. */

import { BROKERS, type BrokerMood, type CellResult, LOADS, type Load, runCell } from '../support/shutdown-matrix.ts';
import type { Check, Row } from './row.ts';

const RESOLVES_MS = 1300;
const EXITS_MS = 3000;

export const shutdown: Check = async ({ rounds }, progress) => {
  const rows: Row[] = [];
  for (const mood of BROKERS)
    for (const load of LOADS) {
      const row = rowOf(mood, load, await runs(mood, load, rounds));
      progress(`${row.name}: ${row.figure}`);
      rows.push(row);
    }
  return rows;
};

async function runs(mood: BrokerMood, load: Load, rounds: number): Promise<CellResult[]> {
  const results: CellResult[] = [];
  for (let round = 0; round < rounds; round++) results.push(await runCell(mood, load));
  return results;
}

function rowOf(mood: BrokerMood, load: Load, cells: readonly CellResult[]): Row {
  const resolved = Math.max(...cells.map(({ elapsedMs }) => elapsedMs));
  const exited = Math.max(...cells.map(({ exitMs }) => exitMs));
  const bad = cells.filter(({ exitCode, signal }) => exitCode !== 0 || signal !== null).length;
  return {
    name: `shutdown(1000), broker ${mood}, ${load}, × ${cells.length}`,
    limit: `<= ${RESOLVES_MS} ms, exit <= ${EXITS_MS} ms, code 0`,
    figure: `${resolved.toFixed(0)} ms, exit ${exited.toFixed(0)} ms, ${bad} other codes`,
    ok: resolved <= RESOLVES_MS && exited <= EXITS_MS && bad === 0 && cells.every(counted),
  };
}

const counted = ({ accepted, delivered, undelivered, same }: CellResult) =>
  same && accepted === delivered + undelivered;
