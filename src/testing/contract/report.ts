/** Which subject passed which checks: one table of kind × feature, for people and for programs. */

import { claimed, FEATURE_NAMES, type Features } from './features.ts';

/** What a check is about: a feature, or what every kind must do. */
export type Column = keyof Features | 'semantics';

/** One check of one subject. */
export interface CheckResult {
  readonly title: string;
  readonly column: Column;
  readonly passed: boolean;
  /** In one line, where it failed. */
  readonly error?: string;
}

/** A row of the table. */
export interface SubjectResult {
  readonly subject: string;
  /** The `type` of its configuration; undefined until one of its checks has run. */
  readonly kind: string | undefined;
  readonly features: Features | undefined;
  /** How many checks there are for it; where fewer have run, the rest was filtered out or is still to come. */
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

  /** With results of other runs, as `toJSON` gave them; of two for one subject the later one counts. */
  constructor(results: readonly SubjectResult[] = []) {
    for (const result of results) this.#rows.set(result.subject, { ...result, checks: [...result.checks] });
  }

  /** A subject's row, to which its results are added. */
  row(subject: string, features: Features | undefined): Row {
    const row = this.#rows.get(subject) ?? { subject, kind: undefined, features, registered: 0, checks: [] };
    this.#rows.set(subject, row);
    return row;
  }

  /** Prints the table when everything has run that the runner has; once, however often it is asked to. */
  printBehind(after: (body: () => void) => unknown): void {
    if (this.#prints) return;
    this.#prints = true;
    after(() => console.log(`\n${this.table()}\n`));
  }

  /** For programs; `JSON.stringify(report)` is it as text. */
  toJSON(): readonly SubjectResult[] {
    return [...this.#rows.values()].map((row) => ({ ...row, checks: [...row.checks] }));
  }

  /** What has failed or not been run, a line each. */
  missing(): readonly string[] {
    return this.toJSON().flatMap(({ subject, registered, checks }) => [
      ...checks.filter(({ passed }) => !passed).map(({ title, error }) => `${subject}: ${title}: ${error}`),
      ...(checks.length < registered ? [`${subject}: ${registered - checks.length} checks have not been run`] : []),
    ]);
  }

  /** For people: what each subject claims, `FAILED` where it does not keep to it, `not run` where nobody looked. */
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

/** Where results go unless they are told otherwise: one for a process, of how many copies of this module ever. */
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
