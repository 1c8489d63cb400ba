// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written in YAML

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { producersJsonSchema } from '../../../scripts/json-schema.ts';
import { CustomDefinition } from '../../../src/config/schema/custom.ts';
import { KafkaProducerConfig } from '../../../src/kinds/kafka/schema.ts';
import { KIND_SCHEMAS } from '../../../src/kinds/registry.ts';
import { kafka } from '../config/helpers.ts';
import { accepts } from '../config/json-schema-validator.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const schema = producersJsonSchema({ kafka: KafkaProducerConfig });
const takes = (yaml: string): boolean => accepts(schema, parse(yaml));
const takesKafka = (...lines: string[]): boolean => takes(kafka(...lines));

describe('the JSON schema', () => {
  it('is the one in config/', () => {
    const hint = 'run npm run schema';
    expect(JSON.parse(read('config/producers.schema.json')), hint).to.deep.equal(producersJsonSchema(KIND_SCHEMAS));
  });

  it('takes the example configuration and the smallest definition', () => {
    expect(takes(read('config/producers.yaml'))).to.equal(true);
    expect(takes('producers:\n  - type: kafka\n    name: analytics-producer\n    max_retries: 5\n')).to.equal(true);
  });

  it('describes every key', () => {
    for (const shape of [KafkaProducerConfig.shape, CustomDefinition.shape])
      for (const [key, inner] of Object.entries(shape)) expect(inner.description, key).to.match(/\.$/);
  });

  it('takes a reference wherever a value may stand', () => {
    const keys = Object.keys(KafkaProducerConfig.shape).filter(
      (key) => !['queue', 'dead_letter', 'client', 'type', 'name'].includes(key),
    );
    for (const key of keys) expect(takesKafka(`${key}: \${X}`), key).to.equal(true);
    expect(takesKafka('queue: { max_messages: "${X}", max_bytes: "${X}", when_full: "${X}" }')).to.equal(true);
    expect(takesKafka('bootstrap_servers: ["${X}:9092"]')).to.equal(true);
    expect(takes('producers: [{ type: "${X}", name: "${Y}" }]')).to.equal(true);
  });

  it('takes a text that looks like a number where any text will do', () => {
    expect(takesKafka('password: 0123', 'username: 1e3')).to.equal(true);
  });

  it('refuses what the loader refuses', () => {
    const wrong = ['max_retries: x', 'max_retries: -1', 'max_retries: 1.5', 'acks: 2', 'compression: zip', 'linger: 5'];
    for (const line of [...wrong, 'max_retrys: 5', 'queue: { size: 5 }', 'max_message_bytes: 5 parsecs'])
      expect(takesKafka(line), line).to.equal(false);
    for (const text of ['{}', 'producers: []', 'producers: [{ type: kafak, name: a }]', 'producers: [{ type: kafka }]'])
      expect(takes(text), text).to.equal(false);
  });

  it('takes any further key of a custom class, and checks the common ones', () => {
    expect(takes('producers: [{ type: custom, name: a, module: ./a.js, url: x }]')).to.equal(true);
    expect(takes('producers: [{ type: custom, name: a, url: x }]')).to.equal(false);
    expect(takes('producers: [{ type: custom, name: a, module: ./a.js, max_retries: x }]')).to.equal(false);
  });
});
