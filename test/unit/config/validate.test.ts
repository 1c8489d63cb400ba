import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducerConfig } from '../../../src/config/schema/base.ts';
import { parseDuration } from '../../../src/config/schema/duration.ts';
import { parseSize } from '../../../src/config/schema/size.ts';
import { validateConfig } from '../../../src/config/validate.ts';
import { KafkaProducerConfig } from '../../../src/kinds/kafka/schema.ts';
import { ConfigError } from '../../../src/shared/errors.ts';
import { nearest } from '../../../src/shared/util/did-you-mean.ts';

function lines(check: () => unknown): string[] {
  try {
    check();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const kafka = (config: object) =>
  lines(() => validateConfig(KafkaProducerConfig, { type: 'kafka', name: 'a', ...config }));

describe('validateConfig', () => {
  it('answers the configuration with its defaults and leaves the input alone', () => {
    const input = Object.freeze({ type: 'custom', name: 'mine', url: 'https://x.example' });
    const config = validateConfig(BaseProducerConfig.extend({ url: z.url() }), input);
    expect(config).to.include({ url: 'https://x.example', max_retries: 5 });
    expect(validateConfig(BaseProducerConfig.extend({ url: z.url() }), config)).to.deep.equal(config);
  });

  it('says everything at once, by path, without a file', () => {
    expect(kafka({ max_retries: 1.5, queue: { when_full: 'burst' }, acks: 1, maxRetries: 5 })).to.deep.equal([
      'max_retries  expected a whole number of at least 0, got 1.5',
      "queue.when_full  expected one of reject, block, drop_newest, drop_oldest, got text 'burst'",
      "maxRetries  unknown key 'maxRetries' (did you mean 'max_retries'?)",
      "acks  idempotence needs acks: all; write 'idempotence: false' to do without it",
    ]);
    expect(lines(() => validateConfig(BaseProducerConfig, null))).to.deep.equal(['expected a mapping, got nothing']);
  });

  it('puts a path in front where it is asked to', () => {
    expect(lines(() => validateConfig(BaseProducerConfig, { type: 'x' }, { at: ['targets', 2] }))[0]).to.match(
      /^targets\[2\]\.name {2}missing key 'name'/,
    );
  });

  it('never shows a secret, whatever the schema says', () => {
    const schema = z.strictObject({ api_key: z.string().refine(() => false, { error: (i) => `no ${i.input}` }) });
    expect(lines(() => validateConfig(schema, { api_key: 'hunter2' }))).to.deep.equal(['api_key  no ***']);
    expect(kafka({ username: 'u', password: 12_345 })).to.deep.equal([
      'password  expected text that is not empty, got a number',
    ]);
  });

  it('keeps a message on its line, whatever the value', () => {
    const [line, ...more] = kafka({ client_id: 'a', compression: `x\n\u001b[31m\u2028${'y'.repeat(99)}` });
    expect(more).to.deep.equal([]);
    expect(line).to.match(/got text 'x\\u\{a\}\\u\{1b\}\[31m\\u\{2028\}y+…'$/);
  });
});

describe('units', () => {
  it('are durations in ms', () => {
    expect(['250ms', '5s', '1.5m', '1h'].map((text) => parseDuration(text))).to.deep.equal([
      250, 5000, 90_000, 3_600_000,
    ]);
    for (const wrong of ['5', '', 's', '-5s', '5S', '5sec'])
      expect(() => parseDuration(wrong), wrong).to.throw(ConfigError, 'expected a duration with a unit');
  });

  it('are sizes in bytes', () => {
    expect([7, '64MiB', '10MB', '512KiB', '1.5KB', '3B'].map(parseSize)).to.deep.equal([
      7, 67_108_864, 1e7, 524_288, 1500, 3,
    ]);
    for (const wrong of ['5', '', 'MB', '5mb', '5M']) expect(() => parseSize(wrong), wrong).to.throw(ConfigError);
  });

  it('respect the limits of their keys', () => {
    expect(kafka({ linger: '15m', max_message_bytes: 1000, queue: { max_bytes: '64KiB' } })).to.deep.equal([]);
    expect(kafka({ max_message_bytes: 'much' }), 'said once').to.have.length(1);
    expect(kafka({ linger: '15.1m', max_message_bytes: 999, queue: { max_bytes: 65_535 } })).to.have.length(3);
  });
});

describe('nearest', () => {
  it('forgives a letter in three, a swap, case and hyphens', () => {
    expect(nearest('nmae', ['name', 'type'])).to.equal('name');
    expect(nearest('drop-oldest', ['drop_oldest'])).to.equal('drop_oldest');
    expect(nearest('MaxRetries', ['max_retries'])).to.equal('max_retries');
    expect(nearest('retries', ['max_retries', 'queue'])).to.equal(undefined);
    expect(nearest('x'.repeat(100_000), ['x'])).to.equal(undefined);
  });
});

describe('the Kafka settings', () => {
  it('take brokers as text or list, with IPv6', () => {
    for (const bootstrap_servers of ['a:1', 'a:1,b:2', 'a:1, b:2', '[::1]:9092', ['a:1', 'b.c-d:65535']])
      expect(kafka({ bootstrap_servers }), String(bootstrap_servers)).to.deep.equal([]);
    for (const bootstrap_servers of ['a', 'a:0', 'a:65536', 'a:1,', '', ['a:1,b:2'], ['a'], [5], ':1', '::1:9092'])
      expect(kafka({ bootstrap_servers }), String(bootstrap_servers)).to.have.length(1);
  });

  it('want user name and password together, pointing at the one that is there', () => {
    expect(kafka({ username: 'u' })).to.deep.equal(["username  needs 'password' as well"]);
    expect(kafka({ password: 'p' })).to.deep.equal(["password  needs 'username' as well"]);
    expect(kafka({ username: 'u', password: 'p', security_protocol: 'SASL_PLAINTEXT' })).to.deep.equal([]);
  });

  it('take acks 0 and 1 without idempotence', () => {
    for (const acks of [0, 1]) expect(kafka({ acks, idempotence: false })).to.deep.equal([]);
  });
});
