/**
 * The mark of a transaction, which names the messages that it holds. It is committed with them, as the metadata of an offset of
 * a private group. A later client reads it to learn whether a transaction whose commit had no answer took effect.
 *
 *   outspool:1:<run, 16 hexadecimal digits>:<first>-<last>,<first>-<last>,…
 */

import type { NumberRun } from '../../shared/sequence-ranges.ts';

/** The private group of a transactional id. */
export const markGroup = (transactionalId: string): string => `outspool-${transactionalId}`;

export interface TransactionMark {
  /** The producer instance that numbered the messages. Each instance begins again. */
  readonly run: string;
  /** The sequences of the messages, as ranges in order. */
  readonly messages: readonly NumberRun[];
}

/** Maximum number of ranges in a mark, as 4096 bytes of metadata (`offset.metadata.max.bytes`) hold with 16-digit numbers. */
export const MAX_RUNS = 100;

const FORMAT = /^outspool:1:([0-9a-f]{16}):(\d{1,16}-\d{1,16}(?:,\d{1,16}-\d{1,16})*)$/;

export const formatMark = ({ run, messages }: TransactionMark): string =>
  `outspool:1:${run}:${messages.map((pair) => pair.join('-')).join(',')}`;

/** Returns the mark, or undefined where the text is not one of outspool. */
export function parseMark(text: string): TransactionMark | undefined {
  const [, run, list] = FORMAT.exec(text) ?? [];
  if (run === undefined || list === undefined) return undefined;
  const messages = list.split(',').map((pair) => pair.split('-').map(Number) as unknown as NumberRun);
  return { run, messages };
}

export const holds = ({ messages }: TransactionMark, number: number): boolean =>
  messages.some(([first, last]) => number >= first && number <= last);
