/** Missing messages: those that should be in the spool but that it does not return, and why. */

import { type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';

export type Fate = 'lost' | 'unused' | 'settled';

export class NotThere {
  /** Messages that the spool has reported as lost. */
  readonly lost = new NumberRuns();
  /** Sequence numbers that no message ever had. A crash came before the settlement log could record that. */
  readonly unused = new NumberRuns();

  /** Divides a run by fate. Messages neither lost nor unused had settled, and their worker died before it could report that. */
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
