/** Messages that were thought to be in the spool and that it does not give: what became of them. */

import { type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';

export type Fate = 'lost' | 'unused' | 'settled';

export class NotThere {
  /** The spool has said what is wrong with them. */
  readonly lost = new NumberRuns();
  /** No message ever had these numbers; a crash came before the settlement log could say so. */
  readonly unused = new NumberRuns();

  /** Divides a run by what became of it. What is neither lost nor unused had settled: its worker died before it could say so. */
  *divide(run: NumberRun): Generator<readonly [Fate, NumberRun]> {
    const settled = new NumberRuns([run]);
    for (const fate of ['lost', 'unused'] as const)
      for (const part of within(this[fate], run)) {
        settled.delete(part);
        yield [fate, part];
      }
    for (const part of settled.all) yield ['settled', part];
  }
}

const within = ({ all }: NumberRuns, [first, last]: NumberRun): NumberRun[] =>
  all
    .filter((run) => run[0] <= last && run[1] >= first)
    .map((run) => [Math.max(run[0], first), Math.min(run[1], last)]);
