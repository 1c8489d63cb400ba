/** docs/configuration.md and docs/kinds/kafka.md have a row for every key with its default, and the examples load. */

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducerConfig } from '../../src/config/schema/base.ts';
import { KafkaProducerConfig } from '../../src/kinds/kafka/schema.ts';
import { INSPECTED, loadProducers, yamlFile } from '../unit/config/helpers.ts';

type Property = { readonly default?: unknown; readonly properties?: Record<string, Property> };

const read = (page: string) => readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');

/** Every key of a schema with its default, those of a mapping by their path. */
function keysOf(schema: z.ZodType): [string, unknown][] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as Property;
  return keysIn(properties, '');
}

const keysIn = (properties: Record<string, Property>, path: string): [string, unknown][] =>
  Object.entries(properties).flatMap(([key, property]): [string, unknown][] =>
    property.properties ? keysIn(property.properties, `${path}${key}.`) : [[`${path}${key}`, property.default]],
  );

/** Each key has a row, whose second cell is the default. */
function expectRows(page: string, keys: readonly [string, unknown][]): void {
  const rows = read(page)
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  for (const [key, value] of keys) {
    const row = rows.find((line) => line.split(' | ', 1)[0]?.includes(`\`${key}\``));
    expect(row, key).not.to.equal(undefined);
    if (value !== undefined) expect(row?.split(' | ')[1], key).to.equal(`\`${value}\``);
  }
}

describe('docs/configuration.md', () => {
  it('lists every key that all kinds have, with its default', () => {
    const keys = keysOf(BaseProducerConfig);
    expect(keys.length).to.be.above(20);
    expectRows('configuration.md', keys);
  });

  it('shows a producer that can be loaded', async () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(read('configuration.md')) ?? [];
    const [producer] = await loadProducers(await yamlFile(yaml), INSPECTED);
    expect(producer?.config).to.include({ name: 'analytics-producer', bootstrap_servers: 'localhost:9092' });
  });
});

describe('docs/kinds/kafka.md', () => {
  it('lists every key of the kind with its default', () => {
    const common = new Map(keysOf(BaseProducerConfig));
    const own = keysOf(KafkaProducerConfig).filter(
      ([key, value]) => key !== 'type' && !(common.has(key) && isDeepStrictEqual(common.get(key), value)),
    );
    expect(own.length).to.be.above(15);
    expectRows('kinds/kafka.md', own);
  });
});
