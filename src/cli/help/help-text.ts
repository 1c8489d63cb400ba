/** What a command's help says besides its flags. */

/** A line for a shell, and what it does. */
export type Example = readonly [line: string, why?: string];

export interface HelpText {
  readonly note?: string;
  readonly examples: readonly Example[];
  /** Exit codes, where they differ from those of `produce --help`. */
  readonly exitCodes?: string;
}
