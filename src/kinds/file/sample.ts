/** What `produce init file` writes. */

import type { Sample } from '../common/sample.ts';

export const SAMPLE: Sample = {
  what: 'Messages are appended to a file, a line each.',
  page: 'docs/kinds/files.md',
  settings: [
    { yaml: `path: \${EVENTS_FILE:-events.ndjson}`, why: 'relative to this file', isSet: true },
    { yaml: 'format: message', why: 'message (all of it, as JSON) or value (its bytes alone)' },
    { yaml: 'sync: interval', why: 'always (on disk before it counts as delivered), interval or never' },
    { yaml: 'sync_interval: 1s', why: 'how much may be lost when the machine goes down' },
    { yaml: 'max_bytes: 100MB', why: 'begins the next file at this size' },
    { yaml: 'keep_files: 5', why: 'full files that are kept; without it, all of them' },
  ],
};
