/** docs/pipe.md and the example say what is so. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { producersJsonSchema } from '../../scripts/json-schema.ts';
import { SOURCE_SCHEMAS } from '../../src/config/sources/schema.ts';
import { KIND_SCHEMAS } from '../../src/kinds/registry.ts';
import { loadConfig } from '../../src/runtime.ts';
import { accepts } from '../unit/config/json-schema-validator.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe('the documentation of pipelines', () => {
  const text = readFileSync(pathOf('docs/pipe.md'), 'utf8');

  it('has every setting of every source, with its default', () => {
    for (const schema of Object.values(SOURCE_SCHEMAS)) {
      const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
      for (const [key, property] of Object.entries(properties)) {
        const { default: value } = property as { default?: unknown };
        const wanted = value === undefined ? '' : `\`${value}\``;
        const rows = text.split('\n').filter((line) => line.startsWith('| `') && line.includes(`\`${key}\``));
        expect(
          rows.some((row) => row.includes(wanted)),
          `${key} ${wanted}`,
        ).to.equal(true);
      }
    }
  });

  it('has an example that editors accept, and a schema that describes every key', () => {
    const schema = producersJsonSchema(KIND_SCHEMAS);
    const takes = (yaml: string) => accepts(schema, parse(yaml));
    const producers = 'producers: [{ type: kafka, name: a }]';
    expect(takes(readFileSync(pathOf('examples/pipeline/pipeline.yaml'), 'utf8'))).to.equal(true);
    expect(takes(`${producers}\nsources: [{ type: stdin, name: in, on_bad_line: skip }]`)).to.equal(true);
    for (const wrong of [
      'type: http, name: in, listen: 80',
      'type: stdn, name: in',
      'type: file, name: in',
      'type: stdin',
    ])
      expect(takes(`${producers}\nsources: [{ ${wrong} }]`), wrong).to.equal(false);
    for (const { shape } of Object.values(SOURCE_SCHEMAS))
      for (const [key, inner] of Object.entries(shape)) expect(inner.description, key).to.match(/\.$/);
  });

  it('has an example that can be loaded', async () => {
    const { sources, routes } = await loadConfig(pathOf('examples/pipeline/pipeline.yaml'));
    expect(sources.map(({ config }) => config.type)).to.deep.equal(['http', 'file']);
    expect(routes?.routes.map(({ to }) => to)).to.deep.equal([['events', 'errors-file'], ['events']]);
  });
});
