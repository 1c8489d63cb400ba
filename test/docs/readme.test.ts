/** The README says what is so: its examples are the files that are run, its tables have every key and default. */

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { loadProducers } from '../../src/config/load.ts';
import { BaseProducerConfig } from '../../src/config/schema/base.ts';
import { KafkaProducerConfig } from '../../src/kinds/kafka/schema.ts';
import { INSPECTED, yamlFile } from '../unit/config/helpers.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

type Property = { readonly default?: unknown; readonly properties?: Record<string, Property> };

/** Every key of a schema with its default, those of a mapping by their path. */
function keysOf(schema: z.ZodType): [string, unknown][] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as Property;
  return Object.entries(properties).flatMap(([key, property]) =>
    property.properties
      ? Object.entries(property.properties).map(([inner, { default: value }]): [string, unknown] => [
          `${key}.${inner}`,
          value,
        ])
      : [[key, property.default] as [string, unknown]],
  );
}

describe('README', () => {
  const readme = read('README.md');

  it('shows the files of examples/readme as they are, two of them marked', () => {
    for (const file of readdirSync(new URL('../../examples/readme', import.meta.url))) {
      const language = file.endsWith('.yaml') ? 'yaml' : 'js';
      expect(readme, file).to.contain(`\`\`\`${language}\n${read(`examples/readme/${file}`)}\`\`\`\n`);
    }
    const marked = [...readme.matchAll(/^<!-- example: (\S+) -->\n```js\n/gm)].map(([, file]) => file);
    expect(marked).to.deep.equal(['first-steps.mjs', 'custom-producer.mjs']);
  });

  it('shows a secured producer that can be loaded', async () => {
    const [, yaml = ''] = /```yaml\n( {2}- type: kafka\n {4}name: payments\n[\s\S]*?)```/.exec(readme) ?? [];
    const file = await yamlFile(`producers:\n${yaml}`);
    for (const folder of ['secrets', 'certificates']) mkdirSync(join(dirname(file), folder));
    writeFileSync(join(dirname(file), 'secrets/kafka-password'), 'mine\n');
    cpSync(new URL('../fixtures/tls/certificate.pem', import.meta.url), join(dirname(file), 'certificates/ca.pem'));
    const [producer] = await loadProducers(file, INSPECTED);
    expect(producer?.config).to.deep.include({ password: 'mine', client: { 'socket.keepalive.enable': true } });
    expect(producer?.config.ssl_cafile).to.equal(join(dirname(file), 'certificates/ca.pem'));
  });

  it('shows producers with dead letters that can be loaded', async () => {
    const [, yaml = ''] = /```yaml\n( {2}- type: kafka\n {4}name: orders\n[\s\S]*?)```/.exec(readme) ?? [];
    const file = await yamlFile(`producers:\n${yaml}`);
    const [orders, failures] = await loadProducers(file, INSPECTED);
    expect(orders?.config).to.deep.include({ dead_letter: { producer: 'failures' }, on_shutdown: 'dead_letter' });
    expect(failures?.config.dead_letter).to.deep.equal({ file: join(dirname(file), 'dead-letters.ndjson') });
  });

  it('lists every key of the configuration with its default', () => {
    const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
    for (const [key, value] of [...keysOf(BaseProducerConfig), ...keysOf(KafkaProducerConfig)]) {
      const row = rows.find((line) => line.split(' | ', 1)[0]?.includes(`\`${key}\``));
      expect(row, key).not.to.equal(undefined);
      if (value !== undefined) expect(row?.split(' | ')[1], key).to.equal(`\`${value}\``);
    }
  });

  it('names nothing that is not there', () => {
    for (const [, path = ''] of readme.matchAll(/\]\(([\w./-]+)\)/g)) expect(() => read(path), path).not.to.throw();
  });
});
