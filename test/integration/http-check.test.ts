/** What can be wrong between a producer and a web server, and TLS. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { z } from 'zod';
import { HttpProducer } from '../../src/kinds/http/http-producer.ts';
import type { HttpProducerConfig } from '../../src/kinds/http/schema.ts';
import { LogLines } from '../support/log-lines.ts';
import { OddServers, tlsFile } from '../support/odd-servers.ts';
import { atSomePace } from '../support/pace.ts';
import { quiet } from '../support/quiet.ts';
import { type Answer, OK, type Reply, ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

type Settings = Partial<z.input<typeof HttpProducerConfig>>;

interface Case {
  readonly url: () => Promise<string> | string;
  readonly settings?: Settings;
  readonly layer: string;
  readonly setting?: string;
  readonly says: RegExp;
}

describe('the way to a web server', function () {
  this.timeout(120_000);

  const odd = new OddServers();
  const servers: ScriptedHttpServer[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));
  after(() => odd.stop());

  const start = async (answer: Answer = () => OK, tls?: object) => {
    const server = await ScriptedHttpServer.start(answer, tls && { tls });
    servers.push(server);
    return server;
  };
  const secured = (certificate: string, options: object = {}) =>
    start(() => OK, {
      cert: readFileSync(tlsFile(certificate)),
      key: readFileSync(tlsFile('server-key.pem')),
      ...options,
    });
  const create = (settings: Settings, logger = quiet) =>
    new HttpProducer(
      { type: 'http', name: 'hook', url: '', max_retries: 0, connect_timeout_seconds: 60, ...settings },
      { logger },
    );

  const CA: Settings = { ssl_cafile: tlsFile('certificate.pem') };
  const cases: Readonly<Record<string, Case>> = {
    'a name that does not resolve': {
      url: () => 'http://nowhere.invalid/in',
      layer: 'dns',
      setting: 'url',
      says: /the host of http:\/\/nowhere\.invalid does not resolve.*check the host in 'url'/,
    },
    'a closed port': {
      url: async () => `http://127.0.0.1:${await odd.closed()}`,
      layer: 'tcp',
      setting: 'url',
      says: /nothing listens at http:\/\/127\.0\.0\.1:\d+ \(connection refused\).*whether the server runs/,
    },
    'an expired certificate': {
      url: async () => (await secured('expired.pem')).url,
      settings: CA,
      layer: 'tls',
      setting: 'url',
      says: /has expired/,
    },
    'an authority that is not trusted': {
      url: async () => (await secured('server.pem')).url,
      layer: 'tls',
      setting: 'ssl_cafile',
      says: /is not trusted .*set 'ssl_cafile'/,
    },
    'a certificate for another name': {
      url: async () => (await secured('misnamed.pem')).url,
      settings: CA,
      layer: 'tls',
      setting: 'url',
      says: /is for another name.*ssl_check_hostname/,
    },
    'https to a port without TLS': {
      url: async () => `https://127.0.0.1:${await odd.http()}`,
      layer: 'tls',
      setting: 'url',
      says: /http:\/\/ or https:\/\//,
    },
    'a port that never answers': {
      url: async () => `https://127.0.0.1:${await odd.silent()}`,
      settings: { connect_timeout_seconds: 3 },
      layer: 'tls',
      setting: 'url',
      says: /cannot be reached \(no answer\)/,
    },
  };

  for (const [what, { url, settings, layer, setting, says }] of Object.entries(cases)) {
    it(`is named right by check(): ${what}`, () =>
      atSomePace(async (pace) => {
        const producer = create({ ...settings, url: await url() });
        const { ok, layers } = await producer.check({ timeout: what.includes('never') ? pace * 5000 : HANG_MS });
        const failed = layers.filter((one) => one.reached && !one.ok);
        expect(ok).to.equal(false);
        expect(failed.map((one) => [one.layer, one.setting])).to.deep.equal([[layer, setting]]);
        expect(`${failed[0]?.problem}: ${failed[0]?.advice}`).to.match(says);
        await producer.shutdown(500);
      }));

    it(`is named right by the first line of the log: ${what}`, async () => {
      const log = new LogLines();
      const producer = create({ ...settings, url: await url() }, log);
      producer.produce({ value: 1 });
      await until(() => log.first !== undefined);
      expect(log.first?.text)
        .to.match(/^cannot connect .*ConnectError: /)
        .and.to.match(says);
      await producer.shutdown(500);
    });
  }

  it('fails at HTTP where something else answers, and where the credentials are refused', async () => {
    const garbage = create({ url: (await start(() => ({ raw: 'SSH-2.0\r\n\r\n' }))).url });
    const refused = create({ url: (await start(() => ({ status: 401 }))).url, auth: { bearer: 'wrong-token' } });
    const problems = await Promise.all(
      [garbage, refused].map(async (producer) => (await producer.check(PATIENT)).layers.at(-1)),
    );
    expect(problems[0])
      .to.include({ layer: 'http', ok: false })
      .and.have.property('problem')
      .that.matches(/as HTTP does/);
    expect(problems[1]).to.include({ layer: 'http', ok: false, setting: 'auth' });
    await Promise.all([garbage.shutdown(500), refused.shutdown(500)]);
  });

  it('is open where anything answers: the look is a HEAD, and a round trip is a message', async () => {
    const server = await start(({ method }) => (method === 'HEAD' ? { status: 405 } : OK));
    const producer = create({ url: `${server.url}/in` });
    const { ok, layers } = await producer.check({ ...PATIENT, roundTrip: true });
    expect(layers.map(({ layer }) => layer)).to.deep.equal(['dns', 'tcp', 'tls', 'http', 'round trip']);
    expect(ok).to.equal(true);
    expect(layers[3]?.note).to.equal('HEAD 405');
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal(['HEAD /in', 'POST /in']);
    await producer.shutdown(500);
  });

  it('is tried by a message that has what the placeholders of the URL need', async () => {
    const server = await start(({ method }) => (method === 'HEAD' ? { status: 404 } : OK));
    const producer = create({ url: `${server.url}/{field.order.id}/{header.X-Tenant}/{key}?to={field.to:-nobody}` });
    const { ok, layers } = await producer.check({ ...PATIENT, roundTrip: true });
    expect([ok, layers.at(-1)?.problem]).to.deep.equal([true, undefined]);
    expect(server.requests.at(-1)?.path).to.equal('/outspool-check/outspool-check/outspool-check?to=nobody');
    expect(JSON.parse(server.bodies.at(-1) ?? '')).to.include({ check: 'outspool' });
    await producer.shutdown(500);
  });

  it('is open where a server forbids the look for another reason', async () => {
    const server = await start(({ method }) => ({ status: method === 'HEAD' ? 403 : 404 }));
    const producer = create({ url: `${server.url}/in` });
    const { ok, layers } = await producer.check(PATIENT);
    expect([ok, layers.at(-1)?.note]).to.deep.equal([true, 'HEAD 403']);
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['HEAD', 'GET']);
    await producer.shutdown(500);
  });

  for (const [what, reply] of Object.entries({
    hangs: 'hang',
    closes: 'close',
    'never ends': { raw: 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n', end: false },
    'refuses the credentials': { status: 401 },
    'takes it': OK,
  } satisfies Record<string, Reply>))
    for (const status of [400, 403])
      it(`is open where a server answers ${status} to the look, and its answer to a GET ${what}`, () =>
        atSomePace(async (pace) => {
          const server = await start(({ method }) => ({ HEAD: { status }, GET: reply })[method] ?? OK);
          const producer = create({ url: `${server.url}/in` });
          const { ok, layers } = await producer.check({ timeout: pace * 4000, roundTrip: true });
          expect([ok, layers.at(-2)?.note, layers.at(-1)?.problem]).to.deep.equal([true, `HEAD ${status}`, undefined]);
          expect(server.requests.map(({ method }) => method)).to.deep.equal(['HEAD', 'GET', 'POST']);
          await producer.shutdown(500);
        }));

  it('is not open where the answer to a GET names the certificate that the server wants', async () => {
    const body = '403.7 - Forbidden: Client certificate required';
    const server = await start(({ method }) => ({ status: 403, body: method === 'GET' ? body : '' }));
    const producer = create({ url: `${server.url}/in` });
    const layer = (await producer.check(PATIENT)).layers.at(-1);
    expect(layer).to.include({ layer: 'http', ok: false, setting: 'ssl_certfile' });
    expect(layer?.problem).to.include(body);
    await producer.shutdown(500);
  });

  it('goes through TLS, with a certificate of its own where the server wants one, and to any name where names do not count', async () => {
    const mutual = { requestCert: true, ca: readFileSync(tlsFile('certificate.pem')) };
    const own = { ssl_certfile: tlsFile('server.pem'), ssl_keyfile: tlsFile('server-key.pem') };
    const both = await secured('server.pem', mutual);
    const misnamed = await secured('misnamed.pem');
    const producers = [
      create({ ...CA, ...own, url: both.url }),
      create({ ...CA, ssl_check_hostname: false, url: misnamed.url }),
    ];
    await Promise.all(producers.map((producer) => producer.send({ value: 1 }, PATIENT)));
    expect([both.bodies, misnamed.bodies]).to.deep.equal([['1'], ['1']]);
    expect([both.connections, misnamed.connections]).to.deep.equal([1, 1]);
    await Promise.all(producers.map((producer) => producer.shutdown(500)));
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`names a client's certificate that is missing, with ${maxVersion}`, async () => {
      const wanting = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(tlsFile('certificate.pem')) };
      const { url } = await secured('server.pem', { ...wanting, maxVersion });
      const log = new LogLines();
      const producer = create({ ...CA, url, backoff_seconds: 0.1 }, log);
      const { ok, layers } = await producer.check(PATIENT);
      expect(ok).to.equal(false);
      expect(layers.find((one) => !one.ok)?.setting).to.equal('ssl_certfile');
      producer.produce({ value: 1 });
      await until(() => log.all.includes('ssl_certfile'));
      expect(producer.stats().deadLettered).to.equal(0);
      await producer.shutdown(500);
    });

  it('is not open where TLS has no version in common, and says so', async () => {
    const { url } = await secured('server.pem', {
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    const producer = create({ ...CA, url });
    const layer = (await producer.check(PATIENT)).layers.find((one) => !one.ok);
    expect(`${layer?.problem}: ${layer?.advice}`).to.include('versions of TLS').and.not.include('certificate');
    await producer.shutdown(500);
  });

  it('is not open where a proxy answers 400 or 403 for want of a certificate, or of TLS: nothing is dead-lettered', async () => {
    const apache =
      "You don't have permission to access this resource.Reason: Cannot perform Post-Handshake Authentication.";
    for (const [status, heading, says, setting] of [
      [400, '400 No required SSL certificate was sent', 'No required SSL certificate was sent', 'ssl_certfile'],
      [
        400,
        '400 The plain HTTP request was sent to HTTPS port',
        'The plain HTTP request was sent to HTTPS port',
        'url',
      ],
      [403, '403 Forbidden', apache, 'url'],
      [403, 'IIS 10.0 Detailed Error - 403.7 - Forbidden', 'The page', 'ssl_certfile'],
    ] as const) {
      const body = `<html><head><title>${heading}</title></head><body><h1>${status === 400 ? '400 Bad Request' : 'Forbidden'}</h1>${says}<hr></body></html>`;
      const server = await start(() => ({ status, headers: { 'content-type': 'text/html' }, body }));
      const producer = create({ url: server.url, backoff_seconds: 0.1 });
      const layer = (await producer.check(PATIENT)).layers.find((one) => !one.ok);
      expect(layer?.setting).to.equal(setting);
      expect(layer?.problem).to.include(says);
      for (let value = 0; value < 5; value++) producer.produce({ value });
      await until(() => server.requests.filter(({ method }) => method === 'POST').length > 3);
      server.answer = () => OK;
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(producer.stats()).to.include({ delivered: 5, deadLettered: 0 });
      await producer.shutdown(500);
    }
  });
});
