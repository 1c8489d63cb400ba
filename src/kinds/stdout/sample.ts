/** What `produce init stdout` writes. */

import type { Sample } from '../common/sample.ts';

export const SAMPLE: Sample = {
  what: 'Messages are lines on the standard output of the process.',
  page: 'docs/kinds/files.md',
  settings: [{ yaml: 'format: value', why: 'message (all of it, as JSON) or value (its bytes alone)' }],
};
