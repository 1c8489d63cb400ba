/** Describes exactly what a spool lost. */

/**
 * - `lost`: messages that were confirmed, or may have been.
 * - `unconfirmed`: the half-written end that a crash leaves. No caller had been told that it was safe.
 * - `settlements`: records of what had settled. The messages may be delivered again.
 */
export type LossKind = 'lost' | 'unconfirmed' | 'settlements';

export interface Loss {
  readonly kind: LossKind;
  readonly file: string;
  readonly what: string;
  /** First and last sequence number, if they are known. */
  readonly first?: number;
  readonly last?: number;
  /** Number of messages. 0 if it is not known. */
  readonly count: number;
  /** Bytes of the file that are useless. 0 if that is not known. */
  readonly bytes: number;
}
