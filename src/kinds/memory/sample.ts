/** What `produce init memory` writes. */

import type { Sample } from '../common/sample.ts';

export const SAMPLE: Sample = {
  what: 'Delivered messages are kept in memory, for tests of code that uses producers.',
  page: 'docs/kinds/files.md',
  settings: [{ yaml: 'keep: 10000', why: 'older messages are forgotten' }],
};
