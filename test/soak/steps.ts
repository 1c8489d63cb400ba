/** What the long tier runs: tests of the chaos tier and of the native glue, with many rounds instead of a few. */

export interface Step {
  readonly name: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

export const STEPS: readonly Step[] = [
  { name: 'worker deaths', file: 'test/chaos/worker-death.test.ts', env: { OUTSPOOL_KILLS: '20' } },
  { name: 'shutdown matrix', file: 'test/chaos/shutdown-matrix.test.ts', env: { OUTSPOOL_ROUNDS: '20' } },
  { name: 'crash matrix', file: 'test/integration/kafka-crash-matrix.test.ts', env: { CRASH_ROUNDS: '20' } },
];
