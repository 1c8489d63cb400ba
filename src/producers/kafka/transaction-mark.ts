/**
 * What a transaction says about itself: which messages it holds. It is committed with them, as the metadata of an offset
 * of a private group; read back, it tells whether a transaction whose commit had no answer took effect.
 *
 * Everything between the first and the last number that has not settled otherwise was in the transaction: messages go in
 * order, one transaction at a time.
 */

export interface TransactionMark {
  /** The producer instance that numbered the messages: numbers begin again with each. */
  readonly run: string;
  /** The producer's numbers of the first and the last message. */
  readonly first: number;
  readonly last: number;
}

const FORMAT = /^outspool:1:([0-9a-f]{16}):(\d{1,16}):(\d{1,16})$/;

export const formatMark = ({ run, first, last }: TransactionMark): string => `outspool:1:${run}:${first}:${last}`;

/** The mark, or undefined where the text is somebody else's. */
export function parseMark(text: string): TransactionMark | undefined {
  const [, run, first, last] = FORMAT.exec(text) ?? [];
  return run === undefined ? undefined : { run, first: Number(first), last: Number(last) };
}
