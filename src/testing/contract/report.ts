/** Collects which subject passed which checks: one table of kinds and features, for people and for programs. */

import { claimed, FEATURE_NAMES, type Features } from './features.ts';

/** Subject of a check: a feature, or what every kind must do. */
export type Column = keyof Features | 'semantics';

export interface CheckResult {
  readonly title: string;
  readonly column: Column;
  readonly passed: boolean;
  /** The error in one line, if the check failed. */
  readonly error?: string;
}

export interface SubjectResult {
  readonly subject: string;
  /** The `type` of its configuration. Undefined until one of its checks has run. */
  readonly kind: string | undefined;
  readonly features: Features | undefined;
  /** Number of checks for this subject. If fewer have run, the others were filtered out or are still to run. */
  readonly registered: number;
  readonly checks: readonly CheckResult[];
}

interface Row extends SubjectResult {
  kind: string | undefined;
  registered: number;
  readonly checks: CheckResult[];
}

export class ContractReport {
  readonly #rows = new Map<string, Row>();
  #prints = false;

  /** Starts with results of other runs, as `toJSON` returned them. Of two results for one subject the later one counts. */
  constructor(results: readonly SubjectResult[] = []) {
    for (const result of results) this.#rows.set(result.subject, { ...result, checks: [...result.checks] });
  }

  /** Returns a subject's row, to which its results are added. */
  row(subject: string, features: Features | undefined): Row {
    const row = this.#rows.get(subject) ?? { subject, kind: undefined, features, registered: 0, checks: [] };
    this.#rows.set(subject, row);
    return row;
  }

  /** Prints the table once, after all tests of the runner, however often it is called. */
  printBehind(after: (body: () => void) => unknown): void {
    if (this.#prints) return;
    this.#prints = true;
    after(() => console.log(`\n${this.table()}\n`));
  }

  /** Returns the results for programs; `JSON.stringify(report)` uses it. */
  toJSON(): readonly SubjectResult[] {
    return [...this.#rows.values()].map((row) => ({ ...row, checks: [...row.checks] }));
  }

  /** Returns one line for each check that failed, and for each subject whose checks did not all run. */
  missing(): readonly string[] {
    return this.toJSON().flatMap(({ subject, registered, checks }) => [
      ...checks.filter(({ passed }) => !passed).map(({ title, error }) => `${subject}: ${title}: ${error}`),
      ...(checks.length < registered ? [`${subject}: ${registered - checks.length} checks have not been run`] : []),
    ]);
  }

  /** Returns the table for people: each subject's claims, with `FAILED` where a check failed and `not run` where none ran. */
  table(): string {
    const head = ['producer contract', 'kind', ...FEATURE_NAMES, 'checks passed'];
    const lines = [head, ...this.toJSON().map(cells)];
    const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
    const padded = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
    return padded.map((line) => line.trimEnd()).join('\n');
  }
}

const KEY = Symbol.for('outspool.contract-report');
const holder = globalThis as { [KEY]?: ContractReport };
holder[KEY] ??= new ContractReport();

/** Default report for results. There is one for the process, however many copies of this module are loaded. */
export const contractReport: ContractReport = holder[KEY];

function cells(result: SubjectResult): string[] {
  const passed = result.checks.filter(({ passed }) => passed).length;
  return [
    result.subject,
    result.kind ?? '',
    ...FEATURE_NAMES.map((feature) => cell(result, feature)),
    `${passed} of ${result.registered}`,
  ];
}

function cell({ features, checks }: SubjectResult, feature: keyof Features): string {
  if (features === undefined) return 'not claimed';
  const own = checks.filter(({ column }) => column === feature);
  const claim = claimed(features[feature]);
  if (own.length === 0) return `${claim} (not run)`;
  return own.every(({ passed }) => passed) ? claim : `${claim} FAILED`;
}
