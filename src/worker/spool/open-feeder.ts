/**
 * Opens a producer's spool in the worker. Finds which messages it holds, which were lost, and which sequence number in the
 * files this run begins with.
 *
 *     number in the files  = base + number in this run
 *     number in this run     ... -2  -1 │  0   1   2 ...
 *                       earlier runs    │  this run     (base = the file number of message 0)
 */

import { folderRisk } from '../../shared/files/own-files.ts';
import type { Handover, SpoolStart } from '../../shared/protocol.ts';
import { type NumberRun, NumberRuns } from '../../shared/sequence-ranges.ts';
import { SpoolWords } from '../../shared/spool-progress.ts';
import { toWire } from '../../shared/wire-error.ts';
import type { Loss } from '../../spool/recovery/loss.ts';
import { Spool } from '../../spool/spool.ts';
import { type FeederOutlets, SpoolFeeder } from './feeder.ts';
import { NotThere } from './missing-ranges.ts';

/** Opens the spool and returns a feeder for its messages. @throws SpoolError */
export async function openFeeder(start: SpoolStart, context: FeederOutlets): Promise<SpoolFeeder> {
  const { directory, maxBytes, syncIntervalMs, handover, directRanges } = start;
  const words = new SpoolWords(start.words);
  const notThere = new NotThere();
  const gone = { lost: notThere.lost, unconfirmed: new NumberRuns() };
  // Reported at once, because recovery changes the files. If the opening fails later, the next one may not find the loss any
  // more.
  const onLoss = (loss: Loss) => {
    context.post({ type: 'spoolTrouble', level: 'error', trouble: describeLoss(loss) });
    if (loss.kind !== 'settlements' && loss.first !== undefined)
      gone[loss.kind].add([loss.first, loss.last ?? loss.first]);
  };
  const onUnused = (run: NumberRun) => notThere.unused.add(run);
  const onTrouble = (error: Error) => context.post({ type: 'spoolTrouble', level: 'warn', trouble: error.message });
  // Reported for everything written so far. A later sync may succeed, but tells nothing about the messages that this one should
  // have covered.
  const onSyncFailed = (error: Error) =>
    context.post({ type: 'unconfirmed', before: words.written, error: toWire(error) });
  const onResized = (bytes: number) => {
    words.bytes = bytes;
  };
  const listeners = { onLoss, onUnused, onTrouble, onSyncFailed, onResized };
  const risk = folderRisk(directory);
  if (risk !== undefined) onTrouble(new Error(`the spool's directory ${directory} ${risk}: chmod 700, or chown`));
  const spool = await Spool.open({ directory, maxBytes, syncIntervalMs, ...listeners });
  const recovered = handover === undefined ? recover(spool, words) : [];
  // Sequence numbers behind a half-written end are used again. Unconfirmed ones below `next` belong to messages that a dead
  // worker had accepted, so they are lost.
  for (const [first, last] of gone.unconfirmed.all)
    if (first < spool.next) notThere.lost.add([first, Math.min(last, spool.next - 1)]);
  const onDisk = spool.next - words.base;
  // Messages known to the counters but beyond the end of the files are lost. They cannot have settled, because a settled number
  // would be below the end.
  for (const [first, last] of handover?.backlog ?? [])
    if (last >= onDisk) notThere.lost.add([words.base + Math.max(first, onDisk), words.base + last]);
  // Recovery cuts a half-written end off, so `written` goes back. A dead worker may also have written whole batches without
  // counting them, so `written` goes forward.
  words.written = handover === undefined || words.isSealed ? Math.min(words.written, onDisk) : onDisk;
  if (handover !== undefined) settleOthers(spool, words, handover);
  context.post({ type: 'recovered', messages: recovered });
  const { backlog, poison, readBefore } = handover ?? { backlog: recovered, poison: [], readBefore: Infinity };
  const feeder = new SpoolFeeder({ ...context, spool, words, notThere, directRanges, backlog, readBefore });
  for (const one of poison) feeder.giveUp(one);
  return feeder;
}

/** Returns the pending messages of earlier runs. They have numbers below 0, counted down from message 0 of this run. */
function recover(spool: Spool, words: SpoolWords): NumberRun[] {
  // An earlier worker of this run may have set `base` and then died without reporting anything.
  if (!words.isOpen) words.base = spool.next;
  const { base } = words;
  const runs = Array.from(spool.pendingRuns()).filter(([first]) => first < base);
  return runs.map(([first, last]) => [first - base, Math.min(last, base - 1) - base] as const);
}

/** Settles every message of this and earlier runs that is in the spool but that the caller's side no longer has as pending. */
function settleOthers(spool: Spool, { base, written }: SpoolWords, { pending }: Handover): void {
  const settled = new NumberRuns();
  for (const [first, last] of spool.pendingRuns())
    if (first - base < written) settled.add([first - base, Math.min(last - base, written - 1)]);
  for (const run of pending) settled.delete(run);
  for (const [first, last] of settled.all) spool.settle(base + first, base + last);
}

/** Describes a loss in one line for the log. */
function describeLoss({ kind, file, what, first, last, count }: Loss): string {
  const which = first === undefined ? '' : ` (messages ${first} to ${last ?? first})`;
  const means = {
    lost: `${count > 0 ? count : 'an unknown number of'} messages are lost`,
    unconfirmed: 'the end that a crash left half-written was cut off; it had not been confirmed to any caller',
    settlements: 'what had settled is not known any more, and goes out again',
  };
  return `${file}: ${what}: ${means[kind]}${which}`;
}
