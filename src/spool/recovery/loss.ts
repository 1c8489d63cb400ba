/** What a spool could not keep, said exactly. */

/**
 * `lost`: messages that were confirmed, or may have been. `unconfirmed`: the half-written end that a crash leaves; nobody had
 * been told that it was safe. `settlements`: it is not known any more what had settled; that goes out again.
 */
export type LossKind = 'lost' | 'unconfirmed' | 'settlements';

export interface Loss {
  readonly kind: LossKind;
  readonly file: string;
  readonly what: string;
  /** The sequence numbers, where they are known. */
  readonly first?: number;
  readonly last?: number;
  /** Messages; 0 where their number is not known. */
  readonly count: number;
  /** Of the file, that are of no use; 0 where that is not known. */
  readonly bytes: number;
}
