/** The class that `produce init custom` writes next to the configuration: the one of the README. */

import { readFileSync } from 'node:fs';
import type { Sample } from '../../kinds/common/sample.ts';

const FILE = 'custom-producer.mjs';

export const CUSTOM_CLASS = {
  file: FILE,
  text: () => readFileSync(new URL(`../../../examples/readme/${FILE}`, import.meta.url), 'utf8'),
} as const;

export const CUSTOM_SAMPLE: Sample = {
  what: 'A class of your own delivers the messages. This one sends each of them to a webhook.',
  page: 'docs/kinds/custom.md',
  settings: [
    { yaml: `module: ./${FILE}`, why: 'relative to this file', isSet: true },
    { yaml: 'export: WebhookProducer', why: 'needed where the module exports several classes' },
    { yaml: `url: \${WEBHOOK_URL:-http://localhost:8080/hook}`, why: "a setting of the class's own", isSet: true },
  ],
};
