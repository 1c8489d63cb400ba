// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written in YAML
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { INSPECTED, kafka, loadProducers, loadText, OPTIONS, problems, yamlFile } from './helpers.ts';

const FIRST = 'producers:\n  - type: kafka\n    name: analytics-producer\n    max_retries: 5\n';

async function configOf(text: string, options = {}): Promise<Record<string, unknown>> {
  const [first] = await loadText(text, options);
  return first?.config ?? {};
}

describe('loadProducers', () => {
  it('knows where every value is written, also those of mappings', async () => {
    const [producer] = await loadText(kafka('client:', '  socket.timeout.ms: 1000', 'queue: { max_messages: 5 }'));
    const at = (key: string) => [producer?.places.get(key)?.line, producer?.places.get(key)?.column];
    expect(['name', 'client', "client['socket.timeout.ms']", 'queue.max_messages', 'topic'].map(at)).to.deep.equal([
      [3, 11],
      [5, 7],
      [5, 26],
      [6, 28],
      [undefined, undefined],
    ]);
  });

  it('takes the smallest definition and fills in every default', async () => {
    const [producer] = await loadText(FIRST);
    expect(producer?.config).to.deep.equal({
      type: 'kafka',
      name: 'analytics-producer',
      max_retries: 5,
      backoff_seconds: 60,
      max_resets: 'unlimited',
      on_shutdown: 'undelivered',
      connect_timeout_seconds: 10,
      attempt_timeout_seconds: 30,
      queue: { max_messages: 100_000, max_bytes: '64MiB', when_full: 'block', high_water_mark: 0.8 },
      bootstrap_servers: 'localhost:9092',
      client_id: 'outspool',
      sasl_mechanism: 'PLAIN',
      ssl_check_hostname: true,
      acks: 'all',
      idempotence: true,
      topic_missing_seconds: 30,
      transaction_timeout: '60s',
      compression: 'lz4',
      linger: '0ms',
      log_deliveries: 'off',
      batch_size: '1MB',
      driver: 'librdkafka',
      max_message_bytes: '1MB',
    });
    expect(structuredClone(producer?.config)).to.deep.equal(producer?.config);
  });

  it('says which keys the file gives, and where the definition is', async () => {
    const [producer] = await loadText(FIRST);
    expect([...(producer?.given ?? [])]).to.deep.equal(['type', 'name', 'max_retries']);
    expect(producer).to.include({ kind: 'kafka' });
    expect(producer?.at).to.include({ line: 2, column: 5 });
  });

  it('takes the example configuration, which names no broker', async () => {
    const file = join(import.meta.dirname, '../../../config/producers.yaml');
    const loaded = await loadProducers(file, OPTIONS);
    expect(loaded.map(({ config }) => config.name)).to.deep.equal(['analytics-producer', 'orders', 'telemetry']);
    expect(loaded.some(({ given }) => given.has('bootstrap_servers'))).to.equal(false);
    expect(readFileSync(file, 'utf8').split('\n')[0]).to.equal(
      '# yaml-language-server: $schema=./producers.schema.json',
    );
  });

  it('keeps a text as it was written', async () => {
    const config = await configOf(kafka('username: 1e3', 'password: 0123', 'client_id: yes', 'topic: 0x10'));
    expect(config).to.include({ username: '1e3', password: '0123', client_id: 'yes', topic: '0x10' });
  });

  it('takes numbers and sizes where both are possible', async () => {
    const config = await configOf(kafka('max_resets: 3', 'max_message_bytes: 2000', 'acks: 1', 'idempotence: false'));
    expect(config).to.include({ max_resets: 3, max_message_bytes: 2000, acks: 1, idempotence: false });
  });

  it('follows aliases and merge keys; the own key wins', async () => {
    const text = `${kafka('queue: &q { max_messages: 7 }')}  - &b\n    type: kafka\n    name: b\n    queue: *q\n    linger: 1ms\n  - <<: *b\n    name: c\n`;
    const [, b, c] = await loadText(text);
    expect(b?.config.queue).to.include({ max_messages: 7 });
    expect(c?.config).to.include({ name: 'c', linger: '1ms', type: 'kafka' });
    expect([...(c?.given ?? [])]).to.have.members(['name', 'type', 'queue', 'linger']);
  });
});

describe('references', () => {
  const env = { PORT: '9093', HOST: 'broker', RETRIES: '7', EMPTY: '', YES: 'true', PASSWORD: '0123' };

  it('become what the schema wants, several in one scalar', async () => {
    const lines = ['max_retries: ${RETRIES}', 'bootstrap_servers: "${HOST}:${PORT}"', 'idempotence: ${YES}'];
    const config = await configOf(kafka(...lines, 'username: u', 'password: ${PASSWORD}', 'acks: ${ACKS:-all}'), {
      env,
    });
    expect(config).to.deep.include({ max_retries: 7, bootstrap_servers: 'broker:9093', idempotence: true });
    expect(config).to.include({ password: '0123', acks: 'all' });
  });

  it('have defaults for what is unset or empty, and can be escaped', async () => {
    const config = await configOf(kafka('topic: ${NONE:-t}', 'client_id: "${EMPTY:-e}$${HOST}$"'), { env });
    expect(config).to.include({ topic: 't', client_id: 'e${HOST}$' });
  });

  it('read files beside the YAML file, without the last line break', async () => {
    const file = await yamlFile(kafka('username: u', 'password: ${file:secret}'), { secret: 'top\nsecret\r\n' });
    const [producer] = await loadProducers(file, OPTIONS);
    expect(producer?.config.password).to.equal('top\nsecret');
  });

  it('stay hidden where the client quotes their values', async () => {
    const loading = loadText(kafka('client: { debug: "${LEVEL}" }'), { ...INSPECTED, env: { LEVEL: 'hunter2' } });
    expect(await problems(loading)).to.deep.equal([
      '4:22  producers[0].client.debug  librdkafka refuses the value: Invalid value "${LEVEL}" for configuration property "debug"',
    ]);
  });

  it('do not reach what the environment inherits', async () => {
    expect(await problems(loadText(kafka('topic: ${constructor}')))).to.deep.equal([
      '4:12  producers[0].topic  ${constructor}: the environment variable constructor is not set',
    ]);
  });

  it('name files that are too large, no text, or missing', async () => {
    const text = kafka('client_id: ${file:large}', 'topic: ${file:latin1}');
    const file = await yamlFile(text, { large: Buffer.alloc(2 ** 20 + 1), latin1: Buffer.from([0xe9]) });
    expect(await problems(loadProducers(file, OPTIONS))).to.deep.equal([
      '4:16  producers[0].client_id  ${file:large}: the file is larger than 1 MiB',
      '5:12  producers[0].topic  ${file:latin1}: the file is not UTF-8 text',
    ]);
  });

  const MIB = 2 ** 20;
  const TOO_MUCH: Readonly<Record<string, readonly [references: string, size: number]>> = {
    'two files': ['${file:large}${file:large}', MIB / 2 + 1],
    'a file and a variable': ['${file:large} ${HOST}', MIB],
    'a file and a default': ['${file:large}${NONE:-default}', MIB],
    'more than a text can hold': ['${file:large}'.repeat(600), MIB],
  };
  for (const [name, [references, size]] of Object.entries(TOO_MUCH))
    it(`are no more than 1 MiB in one value: ${name}`, async () => {
      const file = await yamlFile(kafka(`client_id: "${references}"`), { large: 'x'.repeat(size) });
      expect(await problems(loadProducers(file, { ...OPTIONS, env }))).to.deep.equal([
        '4:16  producers[0].client_id  the references have more than 1 MiB of text together',
      ]);
    });

  it('are 1 MiB in one value at most', async () => {
    const file = await yamlFile(kafka('client_id: "${file:half}${file:half}"'), { half: 'x'.repeat(MIB / 2) });
    const [producer] = await loadProducers(file, OPTIONS);
    expect(producer?.config.client_id).to.have.length(MIB);
  });
});

describe('a file that cannot be used', () => {
  const load = (file: string) => problems(loadProducers(file, OPTIONS));

  it('is missing, or a directory', async () => {
    expect(await load('no/such.yaml')).to.deep.equal(['1:1  the file does not exist']);
    expect(await problems(loadProducers(import.meta.dirname, OPTIONS))).to.deep.equal([
      `${import.meta.dirname}:1:1  the file is a directory`,
    ]);
  });

  it('is not UTF-8, from some line on', async () => {
    const bytes = Buffer.concat([Buffer.from(FIRST), Buffer.from([0x23, 0xff, 0x0a])]);
    expect(await load(await yamlFile(bytes))).to.deep.equal(['5:1  this line is not UTF-8 text']);
  });

  it('is nested too deeply', async () => {
    const brackets = `producers: ${'['.repeat(20_000)}`;
    expect((await load(await yamlFile(brackets)))[0]).to.match(/^1:\d+ {2}invalid YAML: nested too deeply$/);
    const [first] = await problems(loadText(kafka(`queue: ${'['.repeat(100)}${']'.repeat(100)}`)));
    expect(first).to.match(/nested more than 64 levels deep|expected a mapping/);
  });

  it('begins with a byte order mark and is fine', async () => {
    expect(await load(await yamlFile(`\ufeff${FIRST}`))).to.deep.equal([]);
  });
});
