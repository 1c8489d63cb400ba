import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducerConfig } from '../../src/config/schema/base.ts';
import { HttpFields } from '../../src/kinds/http/fields.ts';

interface Property {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Property>>;
}

const page = readFileSync(new URL('../../docs/kinds/http.md', import.meta.url), 'utf8');

/** Settings of the kind alone, those of a mapping by their path; without what `auth.basic` holds. */
function settings(): [string, unknown][] {
  const { properties = {} } = z.toJSONSchema(HttpFields, { io: 'input' }) as Property;
  const own = Object.entries(properties).filter(([key]) => !Object.hasOwn(BaseProducerConfig.shape, key));
  return own.flatMap(([key, { default: value, properties: inner }]): [string, unknown][] =>
    inner === undefined
      ? [[key, value]]
      : Object.entries(inner).map(([name, { default: one }]) => [`${key}.${name}`, one]),
  );
}

const written = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));

describe('docs/kinds/http.md', () => {
  it('has a row for every setting, with its default', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    for (const [key, value] of settings()) {
      const row = rows.find((line) => line.split(' | ', 1)[0]?.includes(`\`${key}\``));
      expect(row, key).not.to.equal(undefined);
      if (value !== undefined) expect(row?.split(' | ')[1], key).to.equal(`\`${written(value)}\``);
    }
  });
});
