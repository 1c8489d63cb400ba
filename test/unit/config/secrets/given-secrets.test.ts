// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written in YAML
/** What makes a value of a file secret: the mark of its schema, and that it came by a reference. */

import { chmodSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { loadFile } from '../../../../src/config/load.ts';
import { BaseProducerConfig } from '../../../../src/config/schema/base.ts';
import { isHarmless } from '../../../../src/config/secrets/harmless.ts';
import { maskOf, withoutSecrets } from '../../../../src/config/secrets/mask.ts';
import { secret } from '../../../../src/config/secrets/secret-mark.ts';
import { validateConfig } from '../../../../src/config/validate.ts';
import { kafka, loadText, OPTIONS, problems, yamlFile } from '../helpers.ts';

const VALUE = 'open-sesame';

/** How a schema may be built around the mark, and a value with the secret in it. */
const MARKED: Readonly<Record<string, readonly [schema: z.ZodType, value: unknown]>> = {
  'a text': [secret(z.string()), VALUE],
  'an optional text': [secret(z.string()).optional(), VALUE],
  'a mark around a wrapper': [secret(z.string().optional()), VALUE],
  'a default': [secret(z.string()).default('x'), VALUE],
  'a nullable text': [secret(z.string()).nullable(), VALUE],
  'a text with checks and words behind the mark': [secret(z.string()).min(3).describe('a door').readonly(), VALUE],
  'a text that is transformed': [secret(z.string()).transform((text) => text), VALUE],
  'a text behind a preprocessing': [z.preprocess((text) => text, secret(z.string())), VALUE],
  'one of a union': [z.union([z.number(), secret(z.string())]), VALUE],
  'what is made later': [z.lazy(() => secret(z.string())), VALUE],
  'a list': [z.array(secret(z.string())), [VALUE]],
  'a marked list': [secret(z.array(z.string())), [VALUE]],
  'a tuple': [z.tuple([z.string(), secret(z.string())]), ['first', VALUE]],
  'a record': [z.record(z.string(), secret(z.string())), { a: VALUE }],
  'a mapping in a list': [z.array(z.object({ inner: secret(z.string()) })), [{ inner: VALUE }]],
  'a marked mapping': [secret(z.object({ a: z.object({ b: z.string() }) })), { a: { b: VALUE } }],
};

const classSchema = (field: z.ZodType) => BaseProducerConfig.extend({ field });
const configOf = (field: unknown) => ({ type: 'custom', name: 'a', field });

describe('secret()', () => {
  for (const [name, [schema, value]] of Object.entries(MARKED))
    it(`marks ${name}`, () => {
      const config = validateConfig(classSchema(schema), configOf(value));
      expect(maskOf(config, { schema: classSchema(schema) })(`<${VALUE}>`)).to.equal('<***>');
      const shown = inspect(withoutSecrets(config, classSchema(schema)), { depth: 9 });
      expect(shown).to.include("'***'").and.not.to.include(VALUE);
      expect(inspect(config, { depth: 9 }), 'the configuration itself').to.include(VALUE);
    });

  const KEYED: Readonly<Record<string, readonly [schema: z.ZodType, value: unknown]>> = {
    'a record': [z.record(secret(z.string()), z.number()), { [VALUE]: 1 }],
    'a record with checks of its keys': [z.record(secret(z.string()).min(3), z.number()).optional(), { [VALUE]: 1 }],
    'a partial record': [z.partialRecord(secret(z.enum([VALUE])), z.number()), { [VALUE]: 1 }],
    'a map': [z.map(secret(z.string()), z.number()), new Map([[VALUE, 1]])],
    'a record in a union': [z.union([z.string(), z.record(secret(z.string()), z.number())]), { [VALUE]: 1 }],
    'a record in a list': [z.array(z.record(secret(z.string()), z.unknown())), [{ [VALUE]: { b: 1 } }]],
  };
  for (const [name, [schema, value]] of Object.entries(KEYED))
    it(`marks keys: ${name}`, () => {
      const config = validateConfig(classSchema(schema), configOf(value));
      expect(maskOf(config, { schema: classSchema(schema) })(`<${VALUE}>`)).to.equal('<***>');
      const shown = inspect(withoutSecrets(config, classSchema(schema)), { depth: 9 });
      expect(shown).to.include("'***'").and.not.to.include(VALUE);
    });

  it('hides keys in messages, in code and in YAML', async () => {
    const schema = classSchema(z.record(secret(z.string().min(3)), z.object({ b: z.number() })));
    for (const field of [{ [VALUE]: { b: 'x' } }, { [VALUE]: { b: 1, c: 2 }, ab: { b: 1 } }, { [VALUE]: {} }])
      expect(() => validateConfig(schema.strict(), configOf(field)))
        .to.throw()
        .with.property('message')
        .that.includes('***')
        .and.does.not.include(VALUE);
    const yaml = `producers:\n  - { type: custom, name: a, module: ./x.js, field: { ${VALUE}: { b: x } } }\n`;
    const said = await problems(loadText(yaml, { customSchema: async () => ({ schema, context: null }) }));
    expect(said.join('\n'))
      .to.match(/^2:\d+ .*\*\*\*.*b .*expected/)
      .and.not.include(VALUE);
  });

  it('marks numbers and texts of a letter, of which the latter are not looked for in texts', () => {
    const schema = BaseProducerConfig.extend({
      pin: secret(z.number()),
      letter: secret(z.string()),
      empty: secret(z.string()),
    });
    const config = { type: 'custom', name: 'a', pin: 4711, letter: 'e', empty: '' };
    expect(withoutSecrets(config, schema)).to.deep.equal({ ...config, pin: '***', letter: '***' });
    expect(maskOf(config, { schema })('the pin 4711')).to.equal('the pin ***');
  });

  it('leaves other fields of the same schema alone', () => {
    const text = z.string();
    const schema = BaseProducerConfig.extend({ door: secret(text), window: text });
    const config = { type: 'custom', name: 'a', door: VALUE, window: 'open-window' };
    expect(withoutSecrets(config, schema)).to.deep.equal({ ...config, door: '***' });
  });

  it('hides a wrong value in messages, in code and in YAML, also in those of the schema itself', async () => {
    const schema = BaseProducerConfig.extend({
      short: secret(z.string().max(3)),
      own: secret(z.string()).refine(() => false, { error: ({ input }) => `${String(input)} is wrong` }),
    });
    const fields = { short: VALUE, own: `${VALUE}-2` };
    expect(() => validateConfig(schema, { type: 'custom', name: 'a', ...fields }))
      .to.throw(/short\s+expected .*, got a text/)
      .with.property('message')
      .that.includes('*** is wrong')
      .and.does.not.include(VALUE);
    const yaml = `producers:\n  - { type: custom, name: a, module: ./x.js, short: ${VALUE}, own: ${VALUE}-2 }\n`;
    const said = await problems(loadText(yaml, { customSchema: async () => ({ schema, context: null }) }));
    expect(said.join('\n')).to.include('got a text').and.include('*** is wrong').and.not.include(VALUE);
  });
});

describe('values that came by references', () => {
  const schema = BaseProducerConfig.extend({
    note: z.string(),
    region: z.string().optional(),
    mode: z.enum(['fast', 'slow']).optional(),
    count: z.number().optional(),
    list: z.array(z.string()).optional(),
  });
  const secretsOf = async (fields: string, env: Record<string, string> = {}, others: Record<string, string> = {}) => {
    const file = await yamlFile(`producers:\n  - { type: custom, name: a, module: ./x.js, ${fields} }\n`, others);
    const loaded = await loadFile(file, { ...OPTIONS, env, customSchema: async () => ({ schema, context: null }) });
    return loaded.producers[0]?.secrets;
  };

  const SECRET: Readonly<Record<string, readonly [fields: string, expected: readonly string[]]>> = {
    'from the environment': ['note: "${A}"', ['open-sesame']],
    'in a part of a text': ['note: "door ${A}!"', ['open-sesame']],
    'in a list': ['note: x, list: ["${A}"]', ['open-sesame']],
    'from a file': ['note: "${file:a}"', ['from-a-file']],
    'with a scheme': ['note: "${BEARER}"', ['Bearer abcdef', 'abcdef']],
    'of a webhook': ['note: "${HOOK}"', ['https://h.example/services/T0/B0', '/services/T0/B0', '/services/T0/B0']],
    'but not a default, which is written there': ['note: "${B:-fallback}"', []],
    'but not words of the schema, numbers and names of places': [
      'note: x, mode: "${MODE}", count: "${COUNT}", region: "${A}"',
      [],
    ],
  };
  const env = {
    A: VALUE,
    BEARER: 'Bearer abcdef',
    HOOK: 'https://h.example/services/T0/B0',
    MODE: 'fast',
    COUNT: '4711',
  };
  for (const [name, [fields, expected]] of Object.entries(SECRET))
    it(`are secret ${name}`, async () => {
      expect(await secretsOf(fields, env, { a: 'from-a-file\n' })).to.deep.equal(expected);
    });

  const NAMED: Readonly<Record<string, readonly [field: string, expected: readonly string[]]>> = {
    'a variable of a password': ['region: "${DB_PASSWORD}"', [VALUE]],
    'a variable of a token': ['endpoint: "${api_token}"', [VALUE]],
    'a variable of a key': ['address: "${AWS_SECRET_ACCESS_KEY}"', [VALUE]],
    'its default': ['server: "${NO_PASSWORD:-fallback}"', ['fallback']],
    'a part of a text': ['topic: "orders-${DB_PASSWORD}"', [VALUE]],
    'a number': ['port: "${DB_PIN_SECRET}"', ['471147']],
    'not a short number': ['port: "${MAX_TOKENS}"', []],
    'not a name among secrets': ['topic: "${file:secrets/topic}"', []],
    'a file of a token': ['endpoint: "${file:token.txt}"', ['from-a-file']],
    'a file among secrets': ['host: "${file:secrets/db}"', ['from-a-file']],
    'not a variable that says where one is': ['path: "${PASSWORD_FILE}"', []],
    'not a variable of a host': ['address: "${TOKEN_HOST}"', []],
    'not another variable': ['address: "${A}", server: "${file:a}", port: "${COUNT}"', []],
    'not true and false': ['server: "${A}", flag: "${TOKEN_FLAG}"', []],
  };
  const places = schema.extend({
    ...Object.fromEntries(
      ['address', 'endpoint', 'server', 'topic', 'host', 'path'].map((key) => [key, z.string().optional()]),
    ),
    note: z.string().optional(),
    port: z.number().optional(),
    flag: z.boolean().optional(),
  });
  for (const [name, [fields, expected]] of Object.entries(NAMED))
    it(`are secret by the name of the reference, whatever the field: ${name}`, async () => {
      const text = `producers:\n  - { type: custom, name: a, module: ./x.js, ${fields} }\n`;
      const names = ['DB_PASSWORD', 'api_token', 'AWS_SECRET_ACCESS_KEY', 'PASSWORD_FILE', 'TOKEN_HOST', 'A'];
      const values = Object.fromEntries(names.map((variable) => [variable, VALUE]));
      const file = await yamlFile(text, {
        a: 'from-a-file',
        'token.txt': 'from-a-file',
        'secrets/db': 'from-a-file',
        'secrets/topic': 'orders',
      });
      const loaded = await loadFile(file, {
        ...OPTIONS,
        env: { ...values, DB_PIN_SECRET: '471147', MAX_TOKENS: '4096', COUNT: '4711', TOKEN_FLAG: 'true' },
        customSchema: async () => ({ schema: places, context: null }),
      });
      expect(loaded.producers[0]?.secrets).to.deep.equal(expected);
    });

  it('are secret line by line, and by their members where they are JSON', async () => {
    const key = ['-----BEGIN KEY-----', 'a'.repeat(64), 'b'.repeat(20), 'end', '-----END KEY-----'].join('\n');
    const lines = await secretsOf('note: "${file:key}"', {}, { key });
    expect(lines).to.deep.equal([key, 'a'.repeat(64), 'b'.repeat(20)]);
    const json = await secretsOf(
      'note: "${file:json}"',
      {},
      { json: '{"kind": "account", "private_key": "abcdefgh"}' },
    );
    expect(json).to.include('abcdefgh').and.not.to.include('account');
  });

  const HARMLESS = [
    'topic',
    'bootstrap_servers',
    'client_id',
    'port',
    'ssl_cafile',
    'path',
    'queue.spool.path',
    'max_bytes',
  ];
  for (const key of [...HARMLESS, 'timeout', 'linger', 'vhost', 'url_path', 'data-dir', 'batch_size', 'ack_timeout'])
    it(`are none under ${key}`, () => expect(isHarmless(key.split('.'))).to.equal(true));
  for (const key of [
    'note',
    'url',
    'headers',
    'code',
    'dsn',
    'password_file',
    'token_path',
    'webhook',
    'license',
    'profile',
  ])
    it(`may be one under ${key}`, () => expect(isHarmless([key])).to.equal(false));
});

describe('a mask', () => {
  it('takes a secret of a megabyte, and ten thousand of them', () => {
    const large = 'x'.repeat(1 << 20);
    expect(maskOf({ password: large, token: 'abcdef' })(`a ${large} abcdef`)).to.equal('a *** ***');
    const tokens = Array.from({ length: 10_000 }, (_, index) => `token-${index}-`);
    expect(maskOf({ tokens })('token-1- token-9999-')).to.equal('*** ***');
  });
});

describe('a file that others can read', () => {
  const warnings = async (text: string, mode: number, env: Record<string, string> = {}) => {
    const file = await yamlFile(text);
    chmodSync(file, mode);
    const { warnings: found } = await loadFile(file, { ...OPTIONS, env });
    return found.map((warning) => warning.replaceAll(file, 'p.yaml'));
  };

  const TEXT = kafka('username: me', 'password: hunter2');

  for (const mode of [0o644, 0o604, 0o640])
    it(`warns of a secret that is written there, mode ${mode.toString(8)}`, async () => {
      const [line, ...more] = await warnings(TEXT, mode);
      expect(more).to.deep.equal([]);
      expect(line).to.match(
        /^p\.yaml:5:15: producers\[0\]\.password is a secret .* chmod 600 p\.yaml, or write \$\{file:PATH\}/,
      );
      expect(line)
        .to.include(`(mode 0${mode.toString(8)})`)
        .and.not.to.include('hunter2');
    });

  it('is fine where only the owner and writers have it, and where all secrets are references', async () => {
    expect(await warnings(TEXT, 0o600)).to.deep.equal([]);
    expect(await warnings(TEXT, 0o622)).to.deep.equal([]);
    expect(await warnings(kafka('username: me', 'password: "${PW}"'), 0o644, { PW: 'hunter2' })).to.deep.equal([]);
    expect(
      await warnings(kafka('client_id: a', 'client: { sasl.oauthbearer.token.endpoint.url: "https://a/" }'), 0o644),
    ).to.deep.equal([]);
  });

  it('has a secret also in a default, in a URL and in the token of a source', async () => {
    expect(await warnings(kafka('username: me', 'password: "${PW:-hunter2}"'), 0o644, { PW: 'x' })).to.have.length(1);
    const url = 'producers:\n  - { type: rabbitmq, name: h, url: "amqp://me:hunter2@example.com/" }\n';
    expect((await warnings(url, 0o644))[0]).to.include('producers[0].url is a secret');
    const plain = 'producers:\n  - { type: http, name: h, url: "https://example.com/in?a=b" }\n';
    expect(await warnings(plain, 0o644)).to.deep.equal([]);
    const source = `producers:\n  - { type: memory, name: m }\nsources:\n  - { type: http, name: s, token: "${'t'.repeat(20)}" }\n`;
    expect((await warnings(source, 0o644))[0]).to.include('sources[0].token is a secret');
  });
});
