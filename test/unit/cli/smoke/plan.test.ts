import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../../../src/cli/process/exit.ts';
import { assertAllowed, contentOf, destinationOf, type PlanOptions } from '../../../../src/cli/smoke/plan.ts';
import type { LoadedProducer } from '../../../../src/config/load.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { loadText } from '../../config/helpers.ts';

async function definition(settings: string): Promise<LoadedProducer> {
  const [loaded] = await loadText(`producers: [{ name: one, ${settings} }]\n`);
  return loaded as LoadedProducer;
}

const where = async (settings: string) => destinationOf(await definition(settings));
const custom = { kind: 'custom', config: { name: 'one' }, given: new Set() } as unknown as LoadedProducer;

const kafka = (servers: string) => `type: kafka, bootstrap_servers: ${servers}`;

const HERE = [
  kafka("'localhost:9092'"),
  kafka("'LOCALHOST:9092'"),
  kafka("'127.0.0.1:1, 127.9.9.9:2'"),
  kafka("['[::1]:9092', 'localhost:1']"),
  kafka("'0.0.0.0:9092'"),
  'type: rabbitmq',
  "type: rabbitmq, url: 'amqps://u:p@[::1]:5671/v'",
  "type: http, url: 'http://localhost.:8080/{key}'",
  "type: http, url: 'http://[::ffff:127.0.0.1]/x'",
  'type: file, path: ./lines',
  'type: stdout',
  'type: memory',
];

const AWAY = [
  kafka("'kafka.example:9092'"),
  kafka("'localhost:9092, kafka.example:9092'"),
  kafka("['127.0.0.1:1', '10.0.0.1:9092']"),
  kafka("'localhost.example:9092'"),
  kafka("'kafka.localhost:9092'"),
  kafka("'127.example:9092'"),
  kafka("'[2001:db8::1]:9092'"),
  "type: rabbitmq, url: 'amqp://rabbit.example'",
  "type: http, url: 'https://hooks.example/secret-path'",
  "type: http, url: 'http://notlocalhost'",
];

const OPTIONS: PlanOptions = { messages: 10 };

describe('what a smoke test would write, and where', () => {
  const directory = temporaryDirectories();

  for (const settings of HERE)
    it(`is on this machine: ${settings}`, async () => {
      expect((await where(settings)).isHarmless).to.equal(true);
      assertAllowed([await definition(settings)], OPTIONS);
      expect(contentOf(await definition(settings), OPTIONS).tombstones).to.equal(true);
    });

  for (const settings of AWAY)
    it(`is elsewhere: ${settings}`, async () => {
      const one = await definition(settings);
      expect(destinationOf(one).isHarmless).to.equal(false);
      expect(() => assertAllowed([one], OPTIONS)).to.throw(UsageError, '--yes');
      assertAllowed([one], { ...OPTIONS, yes: true });
      expect(contentOf(one, OPTIONS).tombstones).to.equal(false);
      expect(contentOf(one, { ...OPTIONS, tombstones: true }).tombstones).to.equal(true);
    });

  it('is a file that has lines already, which samples would come among', async () => {
    const path = join(directory(), 'lines');
    const one = await definition(`type: file, path: ${path}`);
    assertAllowed([one], OPTIONS);
    writeFileSync(path, '');
    assertAllowed([one], OPTIONS);
    writeFileSync(path, '{}\n');
    expect(() => assertAllowed([one], OPTIONS)).to.throw(UsageError, '--yes');
    expect(destinationOf(one).text).to.equal(`the file '${path}', which has lines already`);
  });

  it('is not known of a class of your own', () => {
    expect(destinationOf(custom).isHarmless).to.equal(false);
    expect(() => assertAllowed([custom], OPTIONS)).to.throw(UsageError, '--yes');
  });

  it('is on this machine where an embedded cluster takes the place of the brokers', async () => {
    assertAllowed([await definition(kafka("'kafka.example:9092'"))], { ...OPTIONS, embedded: true });
    assertAllowed([await definition('type: kafka')], OPTIONS);
    const http = await definition("type: http, url: 'http://a.example'");
    expect(() => assertAllowed([http], { ...OPTIONS, embedded: true })).to.throw(UsageError);
  });

  it('names topics, exchanges and servers, and no secret of a URL', async () => {
    const texts = [
      await where("type: kafka, bootstrap_servers: ['a:1', 'b:2'], error_topic: e"),
      await where("type: rabbitmq, url: 'amqp://user:geheim@rabbit.example/v', exchange: x, error_exchange: y"),
      await where('type: rabbitmq, queue_name: q'),
      await where("type: http, url: 'https://hooks.example/geheim?token=geheim'"),
    ].map(({ text }) => text);
    expect(texts).to.deep.equal([
      "topics 'one' and 'e' at a:1, b:2",
      "exchanges 'x' and 'y' at rabbit.example:5672",
      "queue 'q' at localhost:5672",
      'POST requests to https://hooks.example',
    ]);
  });

  it('holds what the destination takes', async () => {
    const content = async (settings: string) => contentOf(await definition(settings), OPTIONS);
    const url = "type: http, url: 'http://localhost/";
    expect(await content('type: kafka')).to.include({ binary: true, tombstones: true, keyless: true });
    expect(await content(`${url}'`)).to.include({ binary: false, tombstones: true, keyless: true });
    expect(await content(`${url}', body: raw`)).to.include({ binary: true });
    expect(await content(`${url}', tombstones: refuse`)).to.include({ tombstones: false });
    expect(await content(`${url}{key}'`)).to.include({ keyless: false });
    expect(await content(`${url}{key:-none}'`)).to.include({ keyless: true });
    expect(await content("type: rabbitmq, routing_key: 'a.{key}'")).to.include({ keyless: false });
    expect(await content("type: rabbitmq, routing_key: 'a.{topic}'")).to.include({ keyless: true });
    expect(await content(`${url}{field.a}', body: raw`)).to.include({ binary: false, tombstones: false });
    expect(await content(`${url}{field.a:-none}', body: raw`)).to.include({ binary: true, tombstones: true });
    expect(contentOf(custom, { ...OPTIONS, tombstones: true })).to.include({
      binary: false,
      tombstones: false,
      keyless: true,
    });
  });

  for (const setting of ['url', 'error_url', 'routing_key', 'error_routing_key'])
    it(`has a key for a class of your own whose '${setting}' needs one`, () => {
      const address = (text: string) => ({ ...custom, config: { ...custom.config, [setting]: text } });
      expect(contentOf(address('https://x.example/{key}'), OPTIONS)).to.include({ keyless: false });
      expect(contentOf(address('https://x.example/{key:-none}'), OPTIONS)).to.include({ keyless: true });
    });
});
