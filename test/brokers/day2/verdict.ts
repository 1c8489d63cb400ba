/** What of a row's promises an outcome breaks. */

import type { Outcome } from './outcome.ts';
import type { Row } from './row.ts';

const NONE = Number.POSITIVE_INFINITY;

export function breaches({ destroys, limits = {} }: Row, outcome: Outcome): string[] {
  const {
    lost,
    duplicates,
    outOfOrder,
    announced,
    unexplained,
    unsettled,
    ended,
    wandering,
    stall,
    firstLetter,
    slowestLetter,
    linesASecond,
  } = outcome;
  const { lossy, ends, grace } = limits;
  const { elsewhere = NONE, letterWithin = NONE, lines = NONE } = limits;
  // What was in flight to a topic that was made anew may be taken in any order, because the new log takes any sequence number. Where the
  // new topic has more partitions, what is sent again has its partition by the new number, and what was taken by the old one.
  const explained = destroys ? announced : 0;
  const early = grace !== undefined && firstLetter !== undefined && firstLetter.after < grace;
  const found: ReadonlyArray<readonly [boolean, string]> = [
    [ended !== '0', `ended with ${ended}`],
    [lost > 0 && !lossy, `${lost} lost`],
    [duplicates > 0, `${duplicates} duplicates`],
    [outOfOrder.perKey > explained, `${outOfOrder.perKey} out of order per key, ${explained} of them announced`],
    [wandering > explained, `${wandering} keys went to and fro between partitions, ${explained} of them announced`],
    [unexplained > 0, `${unexplained} dead letters without a reason`],
    [early, `a dead letter after ${firstLetter?.after} ms instead of ${grace}`],
    [unsettled > 0 && !ends, `${unsettled} not settled`],
    [stall.elsewhere > elsewhere, `partitions elsewhere stood still for ${stall.elsewhere} ms`],
    [slowestLetter > letterWithin, `a dead letter ${slowestLetter} ms after its message was accepted`],
    [linesASecond > lines, `${linesASecond.toFixed(1)} lines of log a second`],
  ];
  return found.flatMap(([isSo, text]) => (isSo ? [text] : []));
}
