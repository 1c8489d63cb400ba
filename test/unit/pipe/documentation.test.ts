/** docs/pipe.md and the example say what is so. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { z } from 'zod';
import { SOURCE_SCHEMAS } from '../../../src/config/sources.ts';
import { loadConfig } from '../../../src/runtime.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

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

  it('has an example that can be loaded', async () => {
    const { sources, routes } = await loadConfig(pathOf('examples/pipeline/pipeline.yaml'));
    expect(sources.map(({ config }) => config.type)).to.deep.equal(['http', 'file']);
    expect(routes?.routes.map(({ to }) => to)).to.deep.equal([['events', 'errors-file'], ['events']]);
  });
});
