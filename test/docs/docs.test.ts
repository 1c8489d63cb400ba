/** Pages about kinds say what is so: each setting of the kind, with its default. */

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducerConfig } from '../../src/config/schema/base.ts';
import { KIND_SCHEMAS } from '../../src/kinds/registry.ts';

const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');

type Properties = Readonly<Record<string, { readonly default?: unknown }>>;

const propertiesOf = (schema: z.ZodType | undefined): Properties =>
  ((schema && z.toJSONSchema(schema, { io: 'input' })) as { properties?: Properties } | undefined)?.properties ?? {};

/** What a kind has beyond every kind's, or by another default. */
function ownSettings(kind: string): [string, unknown][] {
  const common = propertiesOf(BaseProducerConfig);
  return Object.entries(propertiesOf(KIND_SCHEMAS[kind]))
    .filter(
      ([key, { default: value }]) =>
        key !== 'type' && !(key in common && isDeepStrictEqual(common[key]?.default, value)),
    )
    .map(([key, { default: value }]) => [key, value]);
}

const PAGES = {
  file: 'kinds/files.md',
  stdout: 'kinds/files.md',
  memory: 'kinds/files.md',
  rabbitmq: 'kinds/rabbitmq.md',
};

describe('the page about a kind', () => {
  for (const [kind, page] of Object.entries(PAGES))
    it(`${kind}: has every setting with its default`, () => {
      const [, section = ''] = read(page).split(`## \`type: ${kind}\`\n`);
      const rows = section
        .split('\n## ')[0]
        ?.split('\n')
        .filter((line) => line.startsWith('| `'));
      for (const [key, value] of ownSettings(kind)) {
        const row = rows?.find((line) => line.split(' | ', 1)[0]?.includes(`\`${key}\``));
        expect(row, key).not.to.equal(undefined);
        if (value !== undefined) expect(row?.split(' | ')[1], key).to.equal(`\`${value}\``);
      }
    });
});

it('the guide for kinds of your own shows the contract test as it is', () => {
  const file = new URL('../../examples/webhook-contract/custom-producer.contract.mjs', import.meta.url);
  expect(read('kinds/custom.md')).to.contain(`\`\`\`js\n${readFileSync(file, 'utf8')}\`\`\`\n`);
});
