/** Writes config/producers.schema.json; with --check it only says whether the file is current. */

import { readFileSync, writeFileSync } from 'node:fs';
import { KIND_SCHEMAS } from '../src/kinds/registry.ts';
import { producersJsonSchema } from './json-schema.ts';

const file = new URL('../config/producers.schema.json', import.meta.url);
const generated = `${JSON.stringify(producersJsonSchema(KIND_SCHEMAS), null, 2)}\n`;

function current(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (!process.argv.includes('--check')) {
  writeFileSync(file, generated);
} else if (current() !== generated) {
  console.error('config/producers.schema.json is stale: run npm run schema');
  process.exitCode = 1;
}
