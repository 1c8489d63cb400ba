/** Settings of every kind that `produce init` writes. */

import type { SampleSetting } from '../../kinds/common/sample.ts';

export const COMMON_SETTINGS: readonly SampleSetting[] = [
  { yaml: 'max_retries: 5', why: 'then the connection is reset' },
  { yaml: 'backoff_seconds: 60', why: 'the wait after a reset, before attempts start again' },
  { yaml: 'queue:', why: 'holds messages until they are delivered', isSet: true },
  { yaml: '  max_messages: 100000', why: 'the bound in messages', isSet: true },
  { yaml: '  max_bytes: 64MiB', why: 'the bound in memory', isSet: true },
  { yaml: '  when_full: block', why: 'reject, block, drop_newest or drop_oldest', isSet: true },
  {
    yaml: '  spool: { path: {name}-spool }',
    why: 'keeps messages on disk until they have settled: docs/spool.md',
  },
  {
    yaml: 'dead_letter: { file: {name}-dead-letters.ndjson }',
    why: 'takes what cannot be delivered: docs/dead-letters.md',
  },
  { yaml: 'on_shutdown: dead_letter', why: 'sends what a shutdown leaves there, too' },
];
