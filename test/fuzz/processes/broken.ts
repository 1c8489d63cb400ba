/** A process that ends as its settings say: for the judge's own test. */

import { ready, report, settings, untilTold } from './under-test.ts';

const { mode } = settings<{ mode: string }>();
ready();
if (mode === 'abort') process.abort();
await untilTold();
report({
  shutdownMs: mode === 'late' ? 60_000 : 1,
  wrong: mode === 'wrong' ? ['2 messages were accepted, and 1 has an outcome'] : [],
  counts: {},
});
