/**
 * What a transaction says about itself: which messages it holds. It is committed with them, as the metadata of an offset
 * of a private group; read back, it tells whether a transaction whose commit had no answer took effect.
 */

import type { NumberRun } from '../../shared/sequence-ranges.ts';

/** The private group of a transactional id. */
export const markGroup = (transactionalId: string): string => `outspool-${transactionalId}`;

export interface TransactionMark {
  /** The producer instance that numbered the messages: numbers begin again with each. */
  readonly run: string;
  /** In order. */
  readonly messages: readonly NumberRun[];
}

/** A broker takes 4096 bytes of metadata (`offset.metadata.max.bytes`). So many runs of 16-digit numbers fit. */
export const MAX_RUNS = 100;

const FORMAT = /^outspool:1:([0-9a-f]{16}):(\d{1,16}-\d{1,16}(?:,\d{1,16}-\d{1,16})*)$/;

export const formatMark = ({ run, messages }: TransactionMark): string =>
  `outspool:1:${run}:${messages.map((pair) => pair.join('-')).join(',')}`;

/** The mark, or undefined where the text is somebody else's. */
export function parseMark(text: string): TransactionMark | undefined {
  const [, run, list] = FORMAT.exec(text) ?? [];
  if (run === undefined || list === undefined) return undefined;
  const messages = list.split(',').map((pair) => pair.split('-').map(Number) as unknown as NumberRun);
  return { run, messages };
}

export const holds = ({ messages }: TransactionMark, number: number): boolean =>
  messages.some(([first, last]) => number >= first && number <= last);
