/** One line of the acceptance table: a limit, and what was measured against it. */

export interface Row {
  readonly name: string;
  readonly limit: string;
  readonly figure: string;
  readonly ok: boolean;
  /** Why it was not measured. A skipped row breaks no limit, and holds none. */
  readonly skipped?: string;
}

/** What the runner was asked for. */
export interface AcceptOptions {
  /** Runs of each cell of the shutdown matrix. */
  readonly rounds: number;
  /** Also from a fresh clone: takes minutes and the network. */
  readonly fresh: boolean;
}

/** A check measures, and says so in one row or more. */
export type Check = (options: AcceptOptions, progress: (text: string) => void) => Promise<readonly Row[]>;

interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly digits?: number;
}

const text = ({ value, unit, digits = 0 }: Figure) => `${value.toFixed(digits)}${unit}`;

export const atMost = (name: string, limit: number, figure: Figure): Row => ({
  name,
  limit: `<= ${limit}${figure.unit}`,
  figure: text(figure),
  ok: figure.value <= limit,
});

export const below = (name: string, limit: number, figure: Figure): Row => ({
  name,
  limit: `< ${limit}${figure.unit}`,
  figure: text(figure),
  ok: figure.value < limit,
});

export const atLeast = (name: string, limit: number, figure: Figure): Row => ({
  name,
  limit: `>= ${limit}${figure.unit}`,
  figure: text(figure),
  ok: figure.value >= limit,
});

/** A figure that is worth knowing and bound by nothing. */
export const shown = (name: string, figure: Figure): Row => ({ name, limit: '-', figure: text(figure), ok: true });
