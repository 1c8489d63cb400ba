/** Opens a producer's spool in the worker: what it holds, what of it was lost, and where the numbers of this run begin in it. */

import { folderRisk } from '../../shared/files/own-files.ts';
import type { Handover, SpoolStart } from '../../shared/protocol.ts';
import { type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';
import { SpoolWords } from '../../shared/spool-progress.ts';
import { toWire } from '../../shared/wire-error.ts';
import type { Loss } from '../../spool/recovery/loss.ts';
import { Spool } from '../../spool/spool.ts';
import { type FeederOutlets, SpoolFeeder } from './feeder.ts';
import { NotThere } from './missing-ranges.ts';

/** Opens the spool and begins with what it holds. @throws SpoolError */
export async function openFeeder(start: SpoolStart, context: FeederOutlets): Promise<SpoolFeeder> {
  const { directory, maxBytes, syncIntervalMs, handover, directRanges } = start;
  const words = new SpoolWords(start.words);
  const notThere = new NotThere();
  const gone = { lost: notThere.lost, unconfirmed: new NumberRuns() };
  // At once: where the opening fails later, the next one may not find it any more.
  const onLoss = (loss: Loss) => {
    context.post({ type: 'spoolTrouble', level: 'error', trouble: describeLoss(loss) });
    if (loss.kind !== 'settlements' && loss.first !== undefined)
      gone[loss.kind].add([loss.first, loss.last ?? loss.first]);
  };
  const onUnused = ({ first, last }: { first: number; last: number }) => notThere.unused.add([first, last]);
  const onTrouble = (error: Error) => context.post({ type: 'spoolTrouble', level: 'warn', trouble: error.message });
  // Later syncs, which may succeed, say nothing of what this one should have covered.
  const onSyncFailed = (error: Error) =>
    context.post({ type: 'unconfirmed', before: words.written, error: toWire(error) });
  const listeners = { onLoss, onUnused, onTrouble, onSyncFailed };
  const risk = folderRisk(directory);
  if (risk !== undefined) onTrouble(new Error(`the spool's directory ${directory} ${risk}: chmod 700, or chown`));
  const spool = await Spool.open({ directory, maxBytes, syncIntervalMs, ...listeners });
  const recovered = handover === undefined ? recover(spool, words) : [];
  // Behind a half-written end numbers are used again; the others were accepted by a worker that has died.
  for (const [first, last] of gone.unconfirmed.all)
    if (first < spool.next) notThere.lost.add([first, Math.min(last, spool.next - 1)]);
  const onDisk = spool.next - words.base;
  // What only the counters know of is not there, and never was settled: a settled number would be below the end.
  for (const [first, last] of handover?.backlog ?? [])
    if (last >= onDisk) notThere.lost.add([words.base + Math.max(first, onDisk), words.base + last]);
  // A half-written end is cut off; of a whole one the dead worker may not have had the time to say so.
  words.written = handover === undefined || words.isSealed ? Math.min(words.written, onDisk) : onDisk;
  if (handover !== undefined) settleOthers(spool, words, handover);
  context.post({ type: 'recovered', messages: recovered });
  const { backlog, poison, readBefore } = handover ?? { backlog: recovered, poison: [], readBefore: Infinity };
  const feeder = new SpoolFeeder({ ...context, spool, words, notThere, directRanges, backlog, readBefore });
  for (const one of poison) feeder.giveUp(one);
  return feeder;
}

/** What an earlier run has left, numbered from this one's message 0 down. */
function recover(spool: Spool, words: SpoolWords): NumberRun[] {
  // A worker that died before it could say anything has begun the run already.
  if (!words.isOpen) words.base = spool.next;
  const { base } = words;
  const runs = Array.from(spool.pendingRuns()).filter(({ first }) => first < base);
  return runs.map(({ first, last }) => [first - base, Math.min(last, base - 1) - base] as const);
}

/** What is not pending any more has settled, of this run and of earlier ones. */
function settleOthers(spool: Spool, { base, written }: SpoolWords, { pending }: Handover): void {
  const settled = new NumberRuns();
  for (const { first, last } of spool.pendingRuns())
    if (first - base < written) settled.add([first - base, Math.min(last - base, written - 1)]);
  for (const run of pending) settled.delete(run);
  for (const [first, last] of settled.all) spool.settle(base + first, base + last);
}

/** One line for a log. */
function describeLoss({ kind, file, what, first, last, count }: Loss): string {
  const which = first === undefined ? '' : ` (messages ${first} to ${last ?? first})`;
  const means = {
    lost: `${count > 0 ? count : 'an unknown number of'} messages are lost`,
    unconfirmed: 'the end that a crash left half-written was cut off; nobody had been told that it was safe',
    settlements: 'what had settled is not known any more, and goes out again',
  };
  return `${file}: ${what}: ${means[kind]}${which}`;
}
