/**
 * The 64-bit opaque value that librdkafka carries from a message to its report. It holds the batch's id and the message's index
 * in it.
 *
 *   word 0: low 32 bits of the batch's id
 *   word 1: high bits of the batch's id × 4096 + index
 */

import { PLACES } from '../../partitions/tickets.ts';

const HIGH = 0x1_0000_0000;

export function writeOpaque(words: Int32Array, at: number, batchId: number, index: number): void {
  words[at] = batchId | 0;
  words[at + 1] = Math.floor(batchId / HIGH) * PLACES + index;
}

export const batchIdAt = (words: Int32Array, at: number): number =>
  ((words[at] as number) >>> 0) + Math.floor((words[at + 1] as number) / PLACES) * HIGH;

export const indexAt = (words: Int32Array, at: number): number => (words[at + 1] as number) % PLACES;
