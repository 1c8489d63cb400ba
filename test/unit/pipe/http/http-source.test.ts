/** The listener over real sockets, with a sink that the test plays: each answer, and what was accepted when it was given. */

import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { LoadedSource } from '../../../../src/config/sources/read.ts';
import { SOURCE_SCHEMAS } from '../../../../src/config/sources/schema.ts';
import { HttpSource } from '../../../../src/pipe/http/http-source.ts';
import { Delivery } from '../../../../src/pipe/sink.ts';
import {
  ConfigError,
  InvalidMessageError,
  ProducerClosedError,
  PublishError,
  QueueFullError,
  RouteError,
} from '../../../../src/shared/errors.ts';
import { deferred } from '../../../../src/shared/util/deferred.ts';
import { LogLines } from '../../../support/log-lines.ts';
import { ScriptedSink } from '../../../support/scripted-sink.ts';
import { until } from '../../../support/until.ts';

const TOKEN = 'a-token-of-enough-length';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

interface Call {
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
}

describe('an HTTP source', () => {
  let sink: ScriptedSink;
  let log: LogLines;
  let source: HttpSource;
  let port: number;

  const build = (settings: Record<string, unknown>) => {
    sink = new ScriptedSink();
    log = new LogLines();
    const config = SOURCE_SCHEMAS.http.parse({ type: 'http', name: 'in', listen: '127.0.0.1:0', ...settings });
    const place = () => ({ file: 'p.yaml', line: 3, column: 7 });
    const loaded: LoadedSource = { config, path: 'sources[0]', place };
    source = new HttpSource(config, loaded, { delivery: new Delivery(sink, config.acknowledge), logger: log });
  };

  const start = async (settings: Record<string, unknown> = {}) => {
    build(settings);
    await source.open();
    port = Number(/:(\d+)\//.exec(log.all)?.[1]);
  };

  afterEach(async () => {
    source.stop();
    await source.close();
  });

  const call = ({ body = '', type = 'application/json', method = 'POST', path = '/messages', headers }: Call) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { port, method, path, agent: false, headers: { 'content-type': type, ...headers } };
      const request = httpRequest(options, (response) => {
        let text = '';
        response.on('data', (piece) => {
          text += piece;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text === '' ? {} : JSON.parse(text),
          }),
        );
      });
      request.on('error', reject).end(body);
    });

  const lines = (body: string, more: Call = {}) => call({ type: 'application/x-ndjson', body, ...more });

  describe('answers', () => {
    it('200 once all of a request is delivered, and not before', async () => {
      await start();
      const gate = deferred<void>();
      sink.fate = () => gate.promise;
      let isAnswered = false;
      const answer = lines('{"a":1}\n\n"two"\r\nnull').finally(() => {
        isAnswered = true;
      });
      await until(() => sink.given.length === 3);
      await sleep(20);
      expect(isAnswered).to.equal(false);
      gate.resolve();
      expect(await answer).to.deep.include({ status: 200, body: { delivered: 3 } });
      expect(sink.texts).to.deep.equal(['{"a":1}', '"two"', 'null']);
      expect(sink.given[2]?.message.value).to.equal(null);
    });

    it('200 for bodies that begin with a byte order mark, which is no part of the value', async () => {
      await start();
      for (const type of ['application/json', 'application/x-ndjson'])
        expect(await call({ body: '\ufeff{"a":1}', type })).to.deep.include({ status: 200 });
      expect(sink.texts).to.deep.equal(['{"a":1}', '{"a":1}']);
      expect(await call({ body: '\ufeff' })).to.include({ status: 400 });
    });

    it('as for its path where the target is a whole URL, of which the host counts', async () => {
      await start();
      const to = (path: string, headers: OutgoingHttpHeaders = {}) => call({ body: '1', path, headers });
      expect(await to(`http://127.0.0.1:${port}/messages?x=1`)).to.include({ status: 200 });
      expect(await to('HTTP://localhost/messages', { host: 'evil.example' })).to.include({ status: 200 });
      expect(await to(`http://127.0.0.1:${port}`)).to.include({ status: 404 });
      expect(await to('http://evil.example/messages', { host: 'localhost' })).to.include({ status: 421 });
      expect(await to('http://user@evil.example/messages')).to.include({ status: 421 });
      expect(await to('ftp://localhost/messages')).to.include({ status: 404 });
      expect(await call({ path: `http://localhost:${port}/health`, method: 'GET' })).to.include({ status: 200 });
    });

    it('200 for a JSON text of several lines, as one message on one line, as it was written', async () => {
      await start();
      expect(await call({ body: '{\n  "a": 1.50,\r\n  "b": [1,\n2]\n}' })).to.deep.include({ status: 200 });
      expect(sink.texts).to.deep.equal(['{   "a": 1.50,    "b": [1, 2] }']);
    });

    it('200 with what the source says: topic, key, whole messages', async () => {
      await start({ topic: 'orders', key_field: 'id' });
      await call({ body: '{"id":7}' });
      expect(sink.given[0]?.message).to.include({ topic: 'orders', key: '7' });
      source.stop();
      await source.close();
      await start({ format: 'message', topic: 'orders' });
      const message = '{"value":1.0,"key":"k","headers":{"h":"v"},"topic":"t","is_error":true}';
      expect((await lines(`${message}\n{"value":2}`)).status).to.equal(200);
      expect(sink.given[0]).to.deep.include({ text: '1.0', isError: true });
      expect(sink.given[0]?.message).to.deep.include({ key: 'k', topic: 't', headers: [['h', 'v']] });
      expect(sink.given[1]?.message).to.deep.include({ topic: 'orders' });
    });

    it('400 with the place of what is wrong, and accepts nothing of the request', async () => {
      await start();
      const wrong: [Promise<Answer>, number, string][] = [
        [lines('1\n{"a":}\n3'), 2, 'body:2:6  invalid JSON: expected a JSON value'],
        [call({ body: '' }), 1, 'body:1:1  no message: the body is empty'],
        [lines('\n \n'), 1, 'body:1:1  no message: the body is empty'],
        [call({ body: Buffer.from([0x22, 0xff, 0x22]) }), 1, 'body:1:1  this line is not UTF-8 text'],
        [call({ body: '{"a":1}\n{"b":2}' }), 2, 'body:2:1  invalid JSON: expected nothing more after the value'],
      ];
      for (const [answer, line, problem] of wrong) {
        const { status, body } = await answer;
        expect(status).to.equal(400);
        expect(body.line).to.equal(line);
        expect(String(body.problem)).to.contain(problem);
      }
      expect(sink.given).to.deep.equal([]);
    });

    it('404, 405, 413, 415 and 421 before it reads a body', async () => {
      await start({ max_body_bytes: '1KiB' });
      const statusOf = async (options: Call) => (await call(options)).status;
      expect(await statusOf({ path: '/' })).to.equal(404);
      expect(await statusOf({ method: 'PUT' })).to.equal(405);
      expect((await call({ method: 'GET' })).headers.allow).to.equal('POST');
      expect(await statusOf({ body: 'x'.repeat(1025) })).to.equal(413);
      expect(await statusOf({ type: 'text/plain' })).to.equal(415);
      expect(await statusOf({ type: 'application/json; charset=latin1' })).to.equal(415);
      expect(await statusOf({ headers: { 'content-encoding': 'gzip' } })).to.equal(415);
      expect(await statusOf({ headers: { host: 'evil.example' } })).to.equal(421);
      expect(await statusOf({ body: '1', type: 'application/json; charset=UTF-8' })).to.equal(200);
      expect(await statusOf({ body: '1', headers: { host: `localhost:${port}` } })).to.equal(200);
      expect(sink.given).to.have.length(2);
    });

    it('413 for a body that grows too large on its way, and for a line', async () => {
      await start({ max_body_bytes: '2KiB', max_line_bytes: '1KiB' });
      const chunked = { headers: { 'transfer-encoding': 'chunked' } };
      expect((await call({ body: Buffer.alloc(100_000, '1'), ...chunked })).status).to.equal(413);
      expect(await lines(`1\n"${'x'.repeat(1024)}"\n`)).to.deep.include({
        status: 413,
        body: { error: 'a line is too long', line: 2 },
      });
      expect((await call({ body: `"${'x'.repeat(1024)}"` })).status).to.equal(413);
      expect(sink.given).to.deep.equal([]);
    });

    it('401 without the token, and 200 with it, whatever host was asked for', async () => {
      await start({ token: TOKEN });
      for (const authorization of [undefined, 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
        const { status, headers } = await call({ body: '1', ...(authorization && { headers: { authorization } }) });
        expect([status, headers['www-authenticate']]).to.deep.equal([401, 'Bearer']);
      }
      const headers = { authorization: `bearer ${TOKEN}`, host: 'pipeline.example' };
      expect((await call({ body: '1', headers })).status).to.equal(200);
      expect(sink.given).to.have.length(1);
      expect(log.all).not.to.contain(TOKEN);
    });

    it('429 where there is no room, to come again', async () => {
      await start();
      sink.hasRoomNow = false;
      const { status, headers } = await call({ body: '1' });
      expect([status, headers['retry-after']]).to.deep.equal([429, '1']);
      expect(sink.given).to.deep.equal([]);
      sink.hasRoomNow = true;
      sink.fate = async () => {
        throw new QueueFullError('full');
      };
      expect((await call({ body: '1' })).status).to.equal(429);
    });

    const ends: [string, () => Error, number][] = [
      ['a dead letter', () => new PublishError('x', 'dead_lettered'), 422],
      ['a dropped message', () => new PublishError('x', 'dropped'), 422],
      ['one that no producer takes', () => new InvalidMessageError('x'), 400],
      ['one that was withdrawn', () => new PublishError('x', 'withdrawn'), 503],
      ['one that may still be delivered', () => new PublishError('x', 'unknown'), 504],
      ['one that a shutdown left', () => new PublishError('x', 'undelivered'), 503],
      ['one that a shutdown left on disk', () => new PublishError('x', 'spooled'), 202],
      ['producers that have ended', () => new ProducerClosedError('x'), 503],
      [
        'one of several targets',
        () =>
          new RouteError('x', 'dead_lettered', [
            { producer: 'a', outcome: 'delivered' },
            { producer: 'b', outcome: 'dead_lettered', error: new Error('b') },
            { producer: 'c', outcome: 'unknown', error: new Error('c') },
          ]),
        504,
      ],
    ];
    for (const [what, error, status] of ends)
      it(`${status} for ${what}`, async () => {
        await start();
        sink.fate = async () => {
          throw error();
        };
        expect((await call({ body: '1' })).status).to.equal(status);
      });

    it('says of a mixed request how many came to what end, and which lines', async () => {
      await start();
      sink.fate = async ({ text }) => {
        if (text === '2') throw new PublishError('secret words of a broker', 'dead_lettered');
        if (text === '4') throw new PublishError('secret words of a broker', 'unknown');
      };
      const { status, body } = await lines('1\n2\n3\n4');
      expect(status).to.equal(504);
      expect(body).to.deep.include({ delivered: 2, dead_lettered: 1, unknown: 1 });
      expect(body.lines).to.deep.equal([
        { line: 2, outcome: 'dead_lettered' },
        { line: 4, outcome: 'unknown' },
      ]);
      expect(JSON.stringify(body)).not.to.contain('secret');
    });

    it('whoever asks for its health, without a token', async () => {
      await start({ token: TOKEN });
      expect(await call({ method: 'GET', path: '/health' })).to.deep.include({ status: 200, body: { status: 'ok' } });
    });
  });

  describe('reads requests as they are:', () => {
    /** Writes it, and ends its side where `isEnded`; resolves with all that comes back. */
    const exchange = (text: string, isEnded: boolean) =>
      new Promise<string>((resolve) => {
        let received = '';
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        socket.on('data', (data) => {
          received += data;
        });
        socket.on('close', () => resolve(received)).on('end', () => socket.end());
        if (isEnded) socket.end(text);
        else socket.write(text);
      });
    const head = (...more: string[]) =>
      ['POST /messages HTTP/1.1', 'content-type: application/json', 'content-length: 1', ...more, '', '1'].join('\r\n');

    for (const hosts of [
      ['localhost', 'evil.example'],
      ['localhost', 'localhost'],
      ['LOCALHOST', 'b'],
    ])
      it(`two hosts (${hosts}) are refused`, async () => {
        await start();
        const lines = hosts.map((host, index) => `${index === 0 ? 'Host' : 'hOST'}: ${host}`);
        expect(await exchange(head(...lines, 'connection: close'), false)).to.match(/^HTTP\/1.1 400 /);
        expect(sink.given).to.deep.equal([]);
      });

    /** Names of the listener at 127.0.0.1, and names that a web page could have resolved to it. */
    const NAMES: Readonly<Record<number, readonly string[]>> = {
      200: [
        ...['localhost', 'localhost.', 'LOCALHOST.', '127.0.0.1', '127.0.0.1.', '127.8.9.10'],
        ...[
          '[::1]',
          '[0:0:0:0:0:0:0:1]',
          '[::0001]',
          '[::ffff:127.0.0.1]',
          '[::FFFF:7F00:1]',
          '[0:0:0:0:0:ffff:7f00:1]',
        ],
      ],
      421: [
        ...[
          'evil.example',
          'localhost.evil.example',
          'evil.localhost',
          'localhost..',
          '127.0.0.1.evil.example',
          'localhos',
        ],
        ...[
          '0.0.0.0',
          '[::]',
          '128.0.0.1',
          '10.0.0.1',
          '[::2]',
          '[::ffff:10.0.0.1]',
          '[fe80::1%25lo]',
          '[::127.0.0.1]',
        ],
        ...['localhost@evil.example', '[::1]evil.example', '::1', '[]', '[', '127.1', '2130706433', '0x7f000001'],
      ],
    };

    it('each name of this machine, and no other one, against DNS rebinding', async () => {
      await start();
      for (const [status, names] of Object.entries(NAMES))
        for (const name of names)
          for (const host of [name, `${name}:${port}`])
            expect((await call({ body: '1', headers: { host } })).status, host).to.equal(Number(status));
    });

    it('a host in capitals is the same', async () => {
      await start();
      expect(await exchange(head('Host: LocalHost:80', 'connection: close'), false)).to.match(/^HTTP\/1.1 200 /);
    });

    it('a client that has ended its side gets its answer', async () => {
      await start();
      const gate = deferred<void>();
      sink.fate = () => gate.promise;
      const answer = exchange(head('Host: localhost'), true);
      await until(() => sink.given.length === 1);
      await sleep(50);
      gate.resolve();
      expect(await answer).to.match(/^HTTP\/1.1 200 [\s\S]*"delivered":1/);
    });

    for (const [name, line] of [
      ['a field __proto__', '{"value":1,"__proto__":{"key":"x"}}'],
      ['a lone surrogate in the topic', '{"value":1,"topic":"a\\ud800"}'],
      ['a lone surrogate in the key', '{"value":1,"key":"a\\udfff"}'],
      ['a lone surrogate in a header', '{"value":1,"headers":{"a":"\\ud800"}}'],
      ['a lone surrogate in the name of a header', '{"value":1,"headers":[["a\\ud800","x"]]}'],
      ['a NUL in the topic', '{"value":1,"topic":"a\\u0000b"}'],
    ] as const)
      it(`${name} is refused`, async () => {
        await start({ format: 'message' });
        expect(await call({ body: line })).to.have.property('status', 400);
        expect(sink.given).to.deep.equal([]);
      });

    it('a header __proto__ is kept, and refused where its value is none', async () => {
      await start({ format: 'message' });
      expect(await call({ body: '{"value":1,"headers":{"a":"b","__proto__":"x"}}' })).to.have.property('status', 200);
      expect(sink.given[0]?.message.headers).to.deep.equal([
        ['a', 'b'],
        ['__proto__', 'x'],
      ]);
      expect(await call({ body: '{"value":1,"headers":{"__proto__":{}}}' })).to.have.property('status', 400);
    });

    it('a lone surrogate in the field of the key is refused', async () => {
      await start({ key_field: 'k' });
      expect(await call({ body: '{"k":"\\ud800"}' })).to.have.property('status', 400);
    });
  });

  describe('keeps its bounds:', () => {
    /** A connection of its own, for clients that do not behave. */
    const raw = async (text: string): Promise<{ socket: Socket; read: () => string; closed: Promise<void> }> => {
      const socket = connect(port, '127.0.0.1');
      let received = '';
      socket.on('data', (data) => {
        received += data;
      });
      const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
      socket.on('error', () => {});
      await new Promise<void>((resolve) => socket.write(text, () => resolve()));
      return { socket, read: () => received, closed };
    };

    const HEAD = 'POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

    it('headers that never end, and a body that comes drop by drop', async () => {
      await start({ header_timeout: '200ms', body_timeout: '300ms' });
      const slowHead = await raw('POST /messages HTTP/1.1\r\nHost: local');
      const slowBody = await raw(`${HEAD}Content-Length: 100\r\n\r\n{"a"`);
      await Promise.all([slowHead.closed, slowBody.closed]);
      expect(slowHead.read()).to.match(/^HTTP\/1\.1 408 /);
      expect(slowBody.read()).to.match(/^HTTP\/1\.1 408 /);
      await source.idle();
      expect(source.answers).to.deep.equal({ gone: 1 });
      expect(sink.given).to.deep.equal([]);
    });

    it('connections', async () => {
      await start({ max_connections: 2 });
      const open = [await raw(''), await raw('')];
      await sleep(20);
      const third = await raw('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await third.closed;
      expect(third.read()).to.equal('');
      for (const { socket } of open) socket.destroy();
    });

    it('messages of a request that are on their way', async () => {
      await start({ timeout: '1m' });
      const gate = deferred<void>();
      let open = 0;
      sink.fate = () => {
        open++;
        return gate.promise;
      };
      const answer = lines(Array.from({ length: 5000 }, (_, index) => index).join('\n'));
      await until(() => open >= 2000);
      await sleep(20); // more would come meanwhile
      expect(open).to.equal(2000);
      gate.resolve();
      expect(await answer).to.deep.include({ status: 200, body: { delivered: 5000 } });
    });

    it('bytes that all requests together hold', async () => {
      await start({ max_pending_bytes: '5KiB' });
      const gate = deferred<void>();
      sink.fate = () => gate.promise;
      const first = call({ body: `"${'x'.repeat(800)}"` });
      await until(() => sink.given.length === 1);
      expect((await call({ body: `"${'y'.repeat(800)}"` })).status).to.equal(429);
      gate.resolve();
      expect((await first).status).to.equal(200);
      expect((await call({ body: `"${'z'.repeat(800)}"` })).status).to.equal(200);
      // One alone may be larger: it has a bound of its own.
      expect((await call({ body: `"${'z'.repeat(8000)}"` })).status).to.equal(200);
    });

    it('a client that sends the next request before it has its answer', async () => {
      await start();
      const gates = [deferred<void>(), deferred<void>(), deferred<void>()];
      sink.fate = async ({ text }) => gates[Number(text)]?.promise;
      const requests = ['0', '1', '2'].map((body) => `${HEAD}Content-Length: 1\r\n\r\n${body}`);
      const client = await raw(requests.join(''));
      await until(() => sink.given.length === 3);
      for (const gate of gates.reverse()) gate.resolve();
      await until(() => client.read().match(/"delivered":1/g)?.length === 3);
      client.socket.destroy();
      await source.idle();
      expect(source.answers).to.deep.equal({ 200: 3 });
    });

    it('a client that leaves while several of its requests wait', async () => {
      await start();
      const gate = deferred<void>();
      sink.fate = () => gate.promise;
      const client = await raw(['0', '1', '2'].map((body) => `${HEAD}Content-Length: 1\r\n\r\n${body}`).join(''));
      await until(() => sink.given.length === 3);
      client.socket.resetAndDestroy();
      await sleep(50);
      gate.resolve();
      await source.idle();
      expect(source.answers).to.deep.equal({ gone: 3 });
    });

    it('a client that leaves half-way has sent nothing', async () => {
      await start();
      const half = await raw(`${HEAD}Content-Length: 100\r\n\r\n{"a":1}`);
      await sleep(20);
      half.socket.destroy();
      await until(() => source.answers.gone === 1);
      expect(sink.given).to.deep.equal([]);
    });

    it('a client that leaves before its answer has sent all the same', async () => {
      await start();
      const gate = deferred<void>();
      sink.fate = () => gate.promise;
      const client = await raw(`${HEAD}Content-Length: 1\r\n\r\n1`);
      await until(() => sink.given.length === 1);
      client.socket.resetAndDestroy();
      await sleep(20);
      gate.resolve();
      await source.idle();
      expect(source.answers).to.deep.equal({ gone: 1 });
      expect(source.counts.outcomes).to.deep.equal({ delivered: 1 });
    });

    it('a client that asks before it sends its body', async () => {
      await start({ max_body_bytes: '1KiB' });
      const refused = await raw(`${HEAD}Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n`);
      await until(() => refused.read().includes('413'));
      expect(refused.read()).not.to.contain('100 Continue');
      const welcome = await raw(`${HEAD}Content-Length: 1\r\nExpect: 100-continue\r\n\r\n`);
      await until(() => welcome.read().includes('100 Continue'));
      welcome.socket.write('1');
      await until(() => welcome.read().includes('"delivered":1'));
      for (const { socket } of [refused, welcome]) socket.destroy();
    });
  });

  describe('stops', () => {
    it('by taking nothing more, and answers what it has taken', async () => {
      await start();
      const gate = deferred<void>();
      sink.fate = () => gate.promise;
      const taken = call({ body: '1' });
      await until(() => sink.given.length === 1);
      const half = connect(port, '127.0.0.1');
      let halfAnswer = '';
      half
        .on('error', () => {})
        .on('data', (data) => {
          halfAnswer += data;
        });
      half.write(
        'POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n1',
      );
      await sleep(50);
      const running = source.run();
      source.stop();
      await running;
      await until(() => halfAnswer.includes('503'));
      expect(halfAnswer).to.contain('nothing of this request was accepted');
      expect(halfAnswer.toLowerCase()).to.contain('connection: close');
      expect(await call({ body: '2' }).catch((error) => error.code)).to.equal('ECONNREFUSED');
      gate.resolve();
      expect(await taken).to.deep.include({ status: 200 });
      await source.idle();
      await source.close();
      expect(sink.texts).to.deep.equal(['1']);
    });
  });

  describe('cannot listen', () => {
    const problem = async (settings: Record<string, unknown>): Promise<string> => {
      build(settings);
      const error = await source.open().catch((thrown) => thrown);
      expect(error).to.be.instanceOf(ConfigError);
      return error.message;
    };

    it('where somebody else does, or there is nothing; and says where that is written', async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port: taken } = other.address() as { port: number };
      const text = await problem({ listen: `127.0.0.1:${taken}` });
      expect(text).to.equal('p.yaml:3:7  sources[0].listen  this address is in use: is there another one running?');
      other.close();
      // A name may turn out to stand for more than this machine.
      expect(await problem({ listen: '0.0.0.0:0' })).to.contain("listen  needs 'token' as well: it is 0.0.0.0");
      expect(await problem({ listen: '203.0.113.7:0', token: TOKEN })).to.contain('this machine has no such address');
    });
  });
});
