/** The operations endpoint over real sockets, with producers that the test plays: who is let in, and what is answered. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import { OperationsEndpoint } from '../../../src/operations/endpoint.ts';
import type { Operated } from '../../../src/operations/operated.ts';
import { ConfigError } from '../../../src/shared/errors.ts';
import { OUTSPOOL_VERSION } from '../../../src/shared/version.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type HttpCall, httpCall } from '../../support/http-call.ts';
import { LogLines } from '../../support/log-lines.ts';
import { operatedOf, PlayedProducer } from '../../support/operated.ts';
import { until } from '../../support/until.ts';

const TOKEN = 'a-token-of-enough-length';
const WITH_TOKEN = { headers: { authorization: `Bearer ${TOKEN}` } };

describe('the operations endpoint', () => {
  let log: LogLines;
  let orders: PlayedProducer;
  let endpoint: OperationsEndpoint;

  const start = async (settings: { listen?: string; token?: string } = {}, more: Partial<Operated> = {}) => {
    log = new LogLines();
    orders = new PlayedProducer();
    endpoint = new OperationsEndpoint(operatedOf([orders, new PlayedProducer('audit')], more), log);
    await endpoint.listen({ listen: '127.0.0.1:0', token: undefined, ...settings });
  };

  afterEach(() => endpoint.close());

  const call = (path: string, options?: HttpCall) => httpCall(new URL(path, endpoint.url).href, options);

  describe('/live', () => {
    it('answers 200, whatever the producers do, without the token', async () => {
      await start({ token: TOKEN });
      orders.figures = { state: 'failed' };
      expect((await call('/live')).status).to.equal(200);
    });
  });

  describe('a fault within it', () => {
    it('is a 500 and a line of the log where an answer cannot be written', async () => {
      await start();
      log = new LogLines();
      const register = { contentType: 'text/plain\nbroken', metrics: async () => '' };
      const metrics = { client: { register }, registry: register } as never;
      const broken = new OperationsEndpoint(operatedOf([orders], { metrics }), log);
      const server = createServer(broken.handler({})).listen(0, '127.0.0.1');
      try {
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        expect((await httpCall(`http://127.0.0.1:${port}/metrics`)).status).to.equal(500);
        expect(log.all).to.include('a request to the operations endpoint failed');
      } finally {
        server.close();
        await broken.close();
      }
    });

    it('is one line of the log where a sample cannot be taken', async () => {
      const clock = fakeClock();
      try {
        const figures = new PlayedProducer();
        figures.snapshot = () => {
          throw new Error('the figures do not add up');
        };
        log = new LogLines();
        endpoint = new OperationsEndpoint(operatedOf([figures]), log);
        await clock.tickAsync(5000);
        expect(log.all.match(/cannot take a sample/g)).to.have.lengthOf(1);
      } finally {
        clock.restore();
      }
    });
  });

  describe('/ready', () => {
    it('answers 200 through an outage, while messages are accepted', async () => {
      await start();
      orders.figures = { state: 'starting', connection: 'backing_off' };
      const { status, body } = await call('/ready');
      expect([status, body]).to.deep.equal([200, { ready: true, reasons: [] }]);
    });

    it('answers 200 before the first message, which starts the producers', async () => {
      await start();
      orders.figures = { state: 'created', connection: 'disconnected' };
      expect((await call('/ready')).status).to.equal(200);
    });

    it('answers 503 and names each producer that accepts nothing, without the token', async () => {
      await start({ token: TOKEN });
      orders.figures = { state: 'draining' };
      const { status, body } = await call('/ready');
      expect([status, body]).to.deep.equal([503, { ready: false, reasons: ['producer orders is draining'] }]);
    });

    it('answers 503 while a queue is full, and 200 once it is not', async () => {
      await start();
      orders.full = true;
      const full = await call('/ready');
      orders.full = false;
      const after = await call('/ready');
      expect([full.status, full.body.reasons]).to.deep.equal([503, ['the queue of producer orders is full']]);
      expect(after.status).to.equal(200);
    });
  });

  describe('/status', () => {
    it('reports every producer with its kind and its figures', async () => {
      await start();
      orders.figures = { accepted: 7, delivered: 4, pending: 3, state: 'ready' };
      const { body } = await call('/status');
      expect(body).to.include({ version: OUTSPOOL_VERSION, pid: process.pid });
      expect(Date.parse(String(body.startedAt))).to.be.at.most(Date.now());
      const producers = body.producers as Record<string, unknown>;
      expect(Object.keys(producers)).to.deep.equal(['orders', 'audit']);
      expect(producers.orders).to.include({ kind: 'memory', state: 'ready', accepted: 7, delivered: 4, pending: 3 });
      expect(producers.orders).not.to.have.property('unused');
    });

    it('reports routes with their counts, and sources', async () => {
      const when = { topic: ['o*'] } as never;
      const routes = [{ name: 'first', when, to: ['orders'], fallback: ['audit'] }];
      const source = { type: 'http', read: 5, bad: 1, accepted: 4, outcomes: { delivered: 4 } };
      await start(
        {},
        {
          routes: { routes, unmatched: 'drop' },
          counts: () => ({ routes: { first: 12 }, fallbacks: { first: 2 }, unmatched: 3 }),
          sources: () => ({ in: source }),
        },
      );
      const { body } = await call('/status');
      expect(body.routes).to.deep.equal([{ ...routes[0], messages: 12, fallbacks: 2 }]);
      expect(body.unmatched).to.equal(3);
      expect(body.sources).to.deep.equal({ in: source });
    });

    it('masks secrets in every text', async () => {
      await start({}, { mask: (text) => text.replaceAll('hunter2', '***') });
      orders.figures = { blockedBy: { by: 'connection', until: null, why: 'user x, password hunter2' } };
      expect((await call('/status')).text)
        .to.include('password ***')
        .and.not.include('hunter2');
    });
  });

  describe('samples', () => {
    it('are taken each second, of figures and of errors', async () => {
      const clock = fakeClock();
      log = new LogLines();
      orders = new PlayedProducer();
      endpoint = new OperationsEndpoint(operatedOf([orders]), log);
      orders.error = new Error('refused');
      await clock.tickAsync(3500);
      clock.restore();
      await endpoint.listen({ listen: '127.0.0.1:0', token: undefined });
      const times = (await call('/history')).body.times as number[];
      expect(times).to.have.length(3);
      expect((await call(`/history?since=${times[1]}`)).body.times).to.deep.equal(times.slice(2));
      expect((await call('/status')).body.errors).to.have.length(1);
      expect((await call('/metrics')).text).to.include('outspool_messages_accepted_total');
    });
  });

  it('logs once that samples cannot be taken, and goes on', async () => {
    const clock = fakeClock();
    try {
      log = new LogLines();
      orders = new PlayedProducer();
      endpoint = new OperationsEndpoint(operatedOf([orders]), log);
      const { snapshot } = orders;
      Object.assign(orders, { snapshot: () => JSON.parse('no figures') });
      await clock.tickAsync(3500);
      expect(log.lines.map(({ text }) => text.replace(/ \{.*/, ''))).to.deep.equal([
        'the operations endpoint cannot take a sample',
      ]);
      Object.assign(orders, { snapshot });
      await clock.tickAsync(2000);
    } finally {
      clock.restore();
    }
    await endpoint.listen({ listen: '127.0.0.1:0', token: undefined });
    expect((await call('/history')).body.times).to.have.length(2);
  });

  describe('an answer that cannot be written', () => {
    const metrics = (registry: object) => ({ client: { register: registry }, registry }) as never;
    const REGISTRIES = [
      ['has no content type', { metrics: async () => 'text' }],
      ['returns no text', { contentType: 'text/plain', metrics: async () => undefined }],
    ] as const;
    for (const [what, registry] of REGISTRIES)
      it(`becomes a 500 and one log line: a registry that ${what}`, async () => {
        await start({}, { metrics: metrics(registry) });
        expect((await call('/metrics')).status).to.equal(500);
        expect(log.lines.filter(({ level }) => level === 'error')).to.have.length(1);
      });

    it('closes the connection where writeHead throws, which is logged once', async () => {
      await start();
      const handler = endpoint.handler({});
      const server = createServer((request, response) => {
        response.writeHead = () => JSON.parse('a broken wrapper');
        handler(request, response);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
        expect(await httpCall(url).catch((error) => error)).to.be.instanceOf(Error);
        expect(log.lines.filter(({ level }) => level === 'error')).to.have.length(1);
      } finally {
        server.close();
      }
    });
  });

  it('masks its own token', async () => {
    await start({ token: TOKEN });
    orders.figures = { blockedBy: { by: 'connection', until: null, why: `refused ${TOKEN}` } };
    expect((await call('/status', WITH_TOKEN)).text)
      .to.include('refused ***')
      .and.not.include(TOKEN);
  });

  describe('a token', () => {
    it('is needed for the figures: 401 without it, and with another one', async () => {
      await start({ token: TOKEN });
      const answers = await Promise.all([
        call('/status'),
        call('/status', { headers: { authorization: `Bearer ${TOKEN}x` } }),
        call(`/status?token=${TOKEN}`),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal([401, 401, 401]);
      expect(answers[0]?.headers['www-authenticate']).to.equal('Bearer');
      expect((await call('/status', WITH_TOKEN)).status).to.equal(200);
    });
  });

  describe('requests that are refused', () => {
    beforeEach(() => start());

    it('405 for other methods, with those that are possible', async () => {
      const { status, headers } = await call('/status', { method: 'POST' });
      expect([status, headers.allow]).to.deep.equal([405, 'GET, HEAD']);
    });

    it('404 for other paths', async () => expect((await call('/nothing')).status).to.equal(404));

    it('421 for a foreign host name, which a web page could have rebound', async () => {
      expect((await call('/status', { headers: { host: 'evil.example' } })).status).to.equal(421);
      expect((await call('/status', { headers: { host: 'localhost:80' } })).status).to.equal(200);
    });

    it('400 for two Host headers', async () => {
      expect((await call('/status', { headers: ['host', 'localhost', 'host', 'evil.example'] })).status).to.equal(400);
    });
  });

  it('answers HEAD without a body', async () => {
    await start();
    const { status, text, headers } = await call('/status', { method: 'HEAD' });
    expect([status, text]).to.deep.equal([200, '']);
    expect(Number(headers['content-length'])).to.be.above(100);
  });

  it('lets no page of another origin read or frame it', async () => {
    await start();
    const { headers } = await call('/status');
    expect(headers['content-security-policy']).to.include("default-src 'none'").and.include("frame-ancestors 'none'");
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers).not.to.have.property('access-control-allow-origin');
  });

  it('answers 500 and logs the reason when a producer throws', async () => {
    await start();
    const snapshot = () => {
      throw new Error('a bug');
    };
    Object.assign(orders, { snapshot });
    expect((await call('/status')).status).to.equal(500);
    expect(log.all).to.include('a request to the operations endpoint failed').and.include('a bug');
  });

  it('names what is wrong with an occupied address', async () => {
    await start();
    const second = new OperationsEndpoint(operatedOf([]), log);
    const listen = new URL(String(endpoint.url)).host;
    const at = { file: 'p.yaml', line: 9, column: 11 };
    const settings = { listen, token: undefined };
    const error = await second.listen(settings, at).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(ConfigError);
    expect(error.message).to.equal(
      'p.yaml:9:11  operations.listen  this address is in use: is there another one running?',
    );
  });

  it('closes connections that are idle or half sent', async () => {
    await start();
    const socket = connect(Number(new URL(String(endpoint.url)).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.on('error', () => {}).write('GET /status HTTP/1.1\r\nHost: localhost\r\n');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await until(async () => (await call('/live')).status === 200); // by now the server has the other connection, too
    await endpoint.close();
    await closed;
    expect(endpoint.url).to.equal(undefined);
  });

  it('shows in its log where it listens', async () => {
    await start();
    expect(log.all).to.include(`listening on ${endpoint.url}`);
  });

  it('can be mounted under a path in a server of the application', async () => {
    await start();
    const server = createServer(endpoint.handler({ token: TOKEN, path: '/operations' })).listen(0);
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const inside = await httpCall(`${base}/operations/status`, WITH_TOKEN);
      const outside = await httpCall(`${base}/status`, WITH_TOKEN);
      const slashless = await httpCall(`${base}/operations`, WITH_TOKEN);
      expect([inside.status, outside.status, slashless.status]).to.deep.equal([200, 404, 308]);
      expect(slashless.headers.location).to.equal('/operations/');
    } finally {
      server.close();
    }
  });
});
