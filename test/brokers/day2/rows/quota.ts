/** Brokers that ask for patience. */

import { bootstrapOf, seconds } from '../acts.ts';
import { runAdmin } from '../java-programs.ts';
import type { Row } from '../row.ts';

const quota = (name: string, bytes: number, during: number, rest: number): Row => ({
  name: `quota ${name} for ${during} s, then lifted`,
  needsJava: true,
  valueBytes: 400,
  event: async ({ kafka }) => {
    await runAdmin(bootstrapOf(kafka), 'quota', String(bytes));
    await seconds(during);
    await runAdmin(bootstrapOf(kafka), 'quota', 'none');
    return undefined;
  },
  rest,
  // What a broker has asked to wait for is waited for, also after the quota has been lifted.
  drainSeconds: 90,
});

export const QUOTA: readonly Row[] = [
  quota('200 B/s', 200, 40, 10),
  quota('20 kB/s', 20_000, 25, 10),
  quota('10 MB/s', 10_000_000, 8, 4),
];
