import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import type { z } from 'zod';
import type { DeadLetter } from '../../src/caller/dead-letters/dead-letter.ts';
import { HttpProducer } from '../../src/kinds/http/http-producer.ts';
import type { HttpProducerConfig } from '../../src/kinds/http/schema.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import {
  type Answer,
  OK,
  type ReceivedRequest,
  type Reply,
  ScriptedHttpServer,
} from '../support/scripted-http-server.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { PATIENT, until } from '../support/until.ts';

type Settings = Partial<z.input<typeof HttpProducerConfig>>;

describe('an HTTP producer', function () {
  this.timeout(120_000);

  const directory = temporaryDirectories();
  let server: ScriptedHttpServer;
  let producers: HttpProducer[] = [];
  let letters: DeadLetter[];
  let logs: LogLine[];
  beforeEach(async () => {
    letters = [];
    logs = [];
    server = await ScriptedHttpServer.start();
  });
  afterEach(async () => {
    await Promise.all(producers.splice(0).map((producer) => producer.shutdown(500)));
    producers = [];
    await server.stop();
  });

  const start = (settings: Settings = {}) => {
    const producer = new HttpProducer(
      { type: 'http', name: 'hook', url: `${server.url}/in`, backoff_seconds: 0.2, max_retries: 2, ...settings },
      { logger: noting(logs), deadLetter: (letter) => void letters.push(letter) },
    );
    producers.push(producer);
    return producer;
  };
  const produce = (producer: HttpProducer, count: number) => {
    for (let value = 0; value < count; value++) producer.produce({ value });
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, value) => String(value));
  const reasons = () => letters.map(({ reason }) => reason);
  /** Bodies in the order in which each came first, and whether every request under one key was the same. */
  const firsts = () => [...new Set(server.bodies)];
  const keysByBody = () => {
    const keys = new Map<string, Set<string>>();
    for (const { body, headers } of server.requests) {
      const text = body.toString();
      keys.set(text, (keys.get(text) ?? new Set()).add(headers.get('idempotency-key') ?? ''));
    }
    return [...keys.values()].map((set) => set.size);
  };

  it('posts each message in order over one connection, as JSON, under a name of its own', async () => {
    const producer = start();
    produce(producer, 50);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(server.bodies).to.deep.equal(numbers(50));
    expect(server.connections).to.equal(1);
    const [{ method, path, headers } = { headers: new Map<string, string>() }] = server.requests;
    expect({ method, path }).to.deep.equal({ method: 'POST', path: '/in' });
    expect(headers.get('content-type')).to.equal('application/json');
    expect(new Set(server.requests.map((request) => request.headers.get('idempotency-key'))).size).to.equal(50);
  });

  it('takes every success for one, however it is put, and goes on over a connection that is still there', async () => {
    const goods: readonly Reply[] = [
      { status: 201 },
      { raw: 'HTTP/1.1 204 No Content\r\n\r\n', end: false },
      { raw: 'HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', end: false },
      { raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\ntrailer: x\r\n\r\n', end: false },
      { raw: 'HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n' },
      { raw: 'HTTP/1.1 200 OK\r\n\r\nuntil the end' },
      { raw: 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok' },
    ];
    server.answer = ({ body }) => goods[Number(String(body))] ?? OK;
    const producer = start();
    produce(producer, goods.length + 1);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(firsts()).to.deep.equal(numbers(goods.length + 1));
    expect(server.requests.slice(0, 5).map(({ connection }) => connection)).to.deep.equal([0, 0, 0, 0, 0]);
    expect(producer.stats()).to.include({ delivered: goods.length + 1, deadLettered: 0 });
  });

  describe('when the server misbehaves', () => {
    const bad: Readonly<Record<string, Reply>> = {
      'answers 500': { status: 500, body: 'oops' },
      'answers 503 without a body': { status: 503 },
      'answers 429': { status: 429, headers: { 'retry-after': '0' } },
      'answers 408': { status: 408 },
      'answers 425': { status: 425 },
      'wants other credentials': { status: 401 },
      'closes the connection without an answer': 'close',
      'closes in the middle of its body': { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf' },
      'closes in the middle of a chunk': { raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n40\r\nhalf' },
      'closes in the middle of its headers': { raw: 'HTTP/1.1 200 OK\r\ncontent-le' },
      'closes in the middle of a refusal': { raw: 'HTTP/1.1 400 Bad\r\ncontent-length: 100\r\n\r\nhalf' },
      'hangs before its answer': 'hang',
      'hangs in the middle of its body': { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', end: false },
      'answers with garbage': { raw: '\u0000\u0001SSH-2.0 this is no HTTP\r\n\r\n' },
    };
    for (const [what, reply] of Object.entries(bad))
      it(`${what}: the message goes again under the same name, and nothing overtakes it`, async () => {
        server.answer = ({ body }, attempt) => (Number(String(body)) % 3 === 1 && attempt <= 2 ? reply : OK);
        const producer = start({ request_timeout: what.startsWith('hangs') ? '1s' : '15s' });
        produce(producer, 6);
        expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
        expect(server.bodies).to.deep.equal(['0', '1', '1', '1', '2', '3', '4', '4', '4', '5']);
        expect(keysByBody()).to.deep.equal([1, 1, 1, 1, 1, 1]);
        expect(producer.stats()).to.include({ delivered: 6, deadLettered: 0 });
      });

    const large = (bytes: number) => `x: ${'y'.repeat(bytes)}\r\n`;
    const came: Readonly<Record<string, string>> = {
      'has 20 KB of headers': `${large(20_000)}content-length: 0\r\n\r\n`,
      'has 200 KB of headers': `${large(200_000)}content-length: 0\r\n\r\n`,
      'has headers without end': large(2_000_000),
      'has a length that is no number': 'content-length: abc\r\n\r\n',
      'has two lengths': 'content-length: 1\r\ncontent-length: 2\r\n\r\nxx',
      'has a length and chunks': 'content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      'has a header without a name': ': x\r\n\r\n',
      'has a space in the name of a header': 'a b: x\r\n\r\n',
      'has a control character in a header': 'x: \u0001\r\n\r\n',
      'has a line that is no header': 'nonsense\r\n\r\n',
      'has a chunk that is none': 'transfer-encoding: chunked\r\n\r\nzz\r\n',
      'has more in a chunk than it says': 'transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n',
      'has more body than it says': 'content-length: 1\r\n\r\nxyz',
    };
    for (const [what, rest] of Object.entries(came))
      for (const end of [true, false])
        it(`an answer that ${what} counts by its status (${end ? 'then the end' : 'then silence'})`, async () => {
          server.answer = ({ body }) => {
            const status = ['200 OK', '422 No', '201 Created'][Number(String(body)) % 3];
            return { raw: `HTTP/1.1 ${status}\r\n${rest}`, end };
          };
          const producer = start({ request_timeout: '2s' });
          produce(producer, 3);
          expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
          expect(firsts()).to.deep.equal(numbers(3));
          expect(server.bodies).to.have.lengthOf(3);
          expect(producer.stats()).to.include({ delivered: 2, deadLettered: 1 });
          expect(reasons()).to.have.lengthOf(1);
        });

    it('interim answers that were not asked for: the final one counts, whole or in pieces', async () => {
      const interim = 'HTTP/1.1 100 Continue\r\nx: y\r\n\r\n';
      const final = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
      const texts = [interim + final, interim + interim + final, `${interim}HTTP/1.1 103 E\r\n\r\n${final}`];
      const byteByByte = createServer((socket) => {
        let count = 0;
        socket.on('data', async (part) => {
          if (!String(part).includes('\r\n\r\n')) return;
          for (const piece of texts[count++ % texts.length] as string) {
            socket.write(piece);
            await new Promise((resolve) => setImmediate(resolve));
          }
        });
        socket.setNoDelay(true).on('error', () => {});
      });
      await new Promise<void>((resolve) => byteByByte.listen(0, '127.0.0.1', resolve));
      const { port } = byteByByte.address() as AddressInfo;
      server.answer = ({ body }) => ({ raw: texts[Number(String(body)) % texts.length] as string, end: false });
      for (const url of [server.url, `http://127.0.0.1:${port}`]) {
        const producer = start({ url, request_timeout: '2s' });
        produce(producer, 6);
        expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
        expect(producer.stats()).to.include({ delivered: 6, deadLettered: 0 });
        await producer.shutdown(500);
      }
      expect(server.bodies).to.deep.equal(numbers(6));
      expect(server.connections).to.equal(1);
      byteByByte.close();
    });

    it('a switch of protocols that was not asked for: the message is dead-lettered, at once', async () => {
      const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
      server.answer = ({ body }) => (String(body) === '1' ? { raw: upgrade, end: false } : OK);
      const producer = start({ request_timeout: '2s' });
      produce(producer, 3);
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.bodies).to.deep.equal(numbers(3));
      expect(producer.stats()).to.include({ delivered: 2, deadLettered: 1 });
    });

    it('answers with a status that is none: the message is dead-lettered alone, at once', async () => {
      const strange: Reply = { raw: 'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n', end: false };
      server.answer = ({ body }) => (Number(String(body)) % 3 === 1 ? strange : OK);
      const producer = start({ request_timeout: '300ms' });
      produce(producer, 6);
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.bodies).to.deep.equal(['0', '1', '2', '3', '4', '5']);
      expect(producer.stats()).to.include({ delivered: 4, deadLettered: 2 });
    });

    it('waits as long as Retry-After says, in seconds or until a date', async () => {
      server.answer = ({ body }, attempt) => {
        if (attempt > 1) return OK;
        const now = Date.now() - 3_600_000; // its clock is wrong, which does not matter
        const date = { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 2000).toUTCString() };
        return { status: 429, headers: String(body) === '0' ? { 'retry-after': '1' } : date };
      };
      const producer = start({ backoff_seconds: 3600 }); // which would outlast the test
      produce(producer, 2);
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      const at = server.requests.map((request) => request.at);
      expect((at[1] as number) - (at[0] as number)).to.be.at.least(950);
      expect((at[3] as number) - (at[2] as number)).to.be.at.least(1950);
    });

    it('waits for the server in an outage, charges nobody, and says in words what is wrong', async () => {
      const producer = start();
      await producer.send({ value: 'first' }, PATIENT);
      const { port } = server;
      await server.stop();
      produce(producer, 5);
      await until(() => logs.some(({ fields }) => String(fields.err).includes('connection refused')));
      server = await ScriptedHttpServer.start(() => OK, { port });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.bodies).to.deep.equal(numbers(5));
      expect(letters).to.deep.equal([]);
    });
  });

  for (const status of [400, 403, 404, 405, 409, 410, 413, 415, 422, 301, 302, 307])
    it(`takes ${status} for the message's own fault, and goes on`, async () => {
      server.answer = ({ body }) =>
        String(body) === '1' ? { status, headers: { location: `${server.url}/there` }, body: 'no\r\nthanks' } : OK;
      const producer = start();
      produce(producer, 3);
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.bodies).to.deep.equal(['0', '1', '2']);
      expect(producer.stats()).to.include({ delivered: 2, deadLettered: 1 });
      expect(reasons()[0]).to.include(`${server.url} answered ${status}`);
      if (status < 400) expect(reasons()[0]).to.include('redirects are not followed');
      if (status >= 400) expect(reasons()[0]).to.match(/: no thanks$/);
      expect((letters[0]?.error as { httpStatus?: number } | undefined)?.httpStatus).to.equal(status);
    });

  it('tries again what it is told to, and nothing else', async () => {
    server.answer = ({ body }, attempt) => (attempt > 1 ? OK : { status: String(body) === '0' ? 404 : 503 });
    const producer = start({ retry_on: [404] });
    produce(producer, 2);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(server.bodies).to.deep.equal(['0', '0', '1']);
    expect(reasons()).to.have.length(1);
  });

  it('keeps the names of messages through resets, and with a spool through a restart', async () => {
    server.answer = () => ({ status: 500 });
    const queue = { spool: { path: directory() } };
    const first = start({ queue, backoff_seconds: 0.05 });
    for (const value of [0, 1]) await first.enqueue({ value }, PATIENT);
    await until(() => server.requests.length > 5);
    expect(await first.shutdown(1000)).to.include({ spooled: 2 });
    server.answer = () => OK;
    const second = start({ queue });
    await second.enqueue({ value: 2 }, PATIENT);
    expect(await second.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(firsts()).to.deep.equal(['0', '1', '2']);
    expect(keysByBody()).to.deep.equal([1, 1, 1]);
  });

  describe('in batches', () => {
    const batches = () => server.bodies.map((body) => JSON.parse(body) as number[]);
    /** No request is answered before the returned function is called: a caller that is slow would fill them one by one. */
    const gate = (): (() => void) => {
      let open = () => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      server.answer = () => opened.then(() => OK);
      return open;
    };
    const poison: Answer = ({ body }) => {
      const values = JSON.parse(String(body)) as number[];
      return values.includes(7) || values.includes(30) ? { status: 422, body: 'one of them is bad' } : OK;
    };

    it('sends JSON arrays, in order', async () => {
      const producer = start({ batch: { max_messages: 20, linger: '20ms' } });
      const open = gate();
      produce(producer, 100);
      open();
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(batches().flat().map(String)).to.deep.equal(numbers(100));
      expect(server.requests.length).to.be.lessThan(10);
      expect(Math.max(...batches().map(({ length }) => length))).to.equal(20);
    });

    it('gathers messages that come one by one while a request is under way', async () => {
      const open = gate();
      const producer = start({ batch: {} });
      for (let value = 0; value < 40; value++) {
        producer.produce({ value });
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      open();
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(batches().flat().map(String)).to.deep.equal(numbers(40));
      expect(server.requests.length).to.be.lessThan(15);
    });

    it('holds to the bytes of a body; what is larger goes alone', async () => {
      const producer = start({ batch: { max_bytes: 50 } });
      for (const length of [10, 10, 10, 200, 10]) producer.produce({ value: 'x'.repeat(length) });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(batches().map(({ length }) => length)).to.deep.equal([3, 1, 1]);
    });

    it('finds the messages that a refused batch was refused for, and keeps the order of the others', async () => {
      server.answer = poison;
      const producer = start({ batch: { linger: '20ms' } });
      produce(producer, 60);
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(letters.map(({ message }) => message.json())).to.deep.equal([7, 30]);
      const delivered = batches().filter((values) => !values.includes(7) && !values.includes(30));
      expect(delivered.flat()).to.deep.equal([...Array(60).keys()].filter((value) => value !== 7 && value !== 30));
    });

    it('makes a failed request again as it was, under the same name, though more has come', async () => {
      server.answer = (_request, attempt) => (attempt <= 3 ? { status: 503 } : OK);
      const producer = start({ batch: { max_messages: 100 } });
      for (let value = 0; value < 30; value++) {
        producer.produce({ value });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(keysByBody().every((names) => names === 1)).to.equal(true);
      expect(server.requests.length).to.equal(4 * firsts().length);
      expect(
        firsts()
          .flatMap((body) => JSON.parse(body))
          .map(String),
      ).to.deep.equal(numbers(30));
    });

    it('sends lines of JSON', async () => {
      const producer = start({ body: 'ndjson', batch: { linger: '20ms' } });
      producer.produce({ value: { a: 1 } });
      producer.produce({ value: Buffer.from('{\n  "b": "x"\r\n}') });
      producer.produce({ value: null });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.bodies).to.deep.equal(['{"a":1}\n{   "b": "x"  }\nnull\n']);
      expect(server.requests[0]?.headers.get('content-type')).to.equal('application/x-ndjson');
    });

    it('cuts a batch where the address changes', async () => {
      const producer = start({
        url: `${server.url}/{topic}`,
        error_url: `${server.url}/errors`,
        batch: { linger: '20ms' },
      });
      for (const topic of ['a', 'a', 'b', 'b', 'a']) producer.produce({ topic, value: topic });
      producer.produce({ value: 'bad' }, { isError: true });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.requests.map(({ path, body }) => [path, String(body)])).to.deep.equal([
        ['/a', '["a","a"]'],
        ['/b', '["b","b"]'],
        ['/a', '["a"]'],
        ['/errors', '["bad"]'],
      ]);
    });
  });

  describe('what is sent', () => {
    const last = () => server.requests.at(-1) as ReceivedRequest;

    it('carries the configured headers and credentials, which no message can change, and its own headers', async () => {
      const producer = start({
        headers: { 'X-Source': 'outspool' },
        auth: { basic: { username: 'user', password: 'pass:word' } },
        method: 'PUT',
      });
      await producer.send(
        {
          value: 1,
          headers: [
            ['authorization', 'Bearer mine'],
            ['x-source', 'mine'],
            ['Host', 'mine.example'],
            ['content-length', '5'],
            ['trace', 'a'],
            ['trace', 'ü'],
            ['content-type', 'application/vnd.mine+json'],
            ['Idempotency-Key', 'mine'],
          ],
        },
        PATIENT,
      );
      const { method, headers, rawHeaders } = last();
      const basic = `Basic ${Buffer.from('user:pass:word').toString('base64')}`;
      expect(method).to.equal('PUT');
      expect(Object.fromEntries(headers)).to.include({
        authorization: basic,
        'x-source': 'outspool',
        host: `127.0.0.1:${server.port}`,
        'content-length': '1',
        'content-type': 'application/vnd.mine+json',
        'idempotency-key': 'mine',
      });
      const traces = rawHeaders.filter(([name]) => name === 'trace').map(([, value]) => Buffer.from(value, 'latin1'));
      expect(traces.map(String)).to.deep.equal(['a', 'ü']);
      expect(new Set(rawHeaders.map(([name]) => name.toLowerCase())).size).to.equal(rawHeaders.length - 1);
    });

    it('has no name of its own where none is wanted', async () => {
      await start({ idempotency_header: false }).send({ value: 1 }, PATIENT);
      expect(last().headers.has('idempotency-key')).to.equal(false);
      await start({ idempotency_header: 'X-Request-Id' }).send({ value: 1 }, PATIENT);
      expect(last().headers.get('x-request-id')).to.match(/^[0-9a-f]{24}-0$/);
    });

    it('goes where the message says, and no further', async () => {
      const url = `${server.url}/{topic}/{key}?a={field.a.b:-none}&h={header.h:-}`;
      const producer = start({ url, error_url: `${server.url}/errors` });
      await producer.send({ topic: 'a/b?c', key: 'x/y', value: { a: { b: 'ü&' } }, headers: { H: 'h h' } }, PATIENT);
      expect(last().path).to.equal('/a%2Fb%3Fc/x%2Fy?a=%C3%BC%26&h=h%20h');
      await producer.send({ topic: 't', key: Buffer.from([0, 255]), value: 1 }, PATIENT);
      expect(last().path).to.equal('/t/%00%FF?a=none&h=');
      await producer.send({ value: 1, key: 'k' }, { ...PATIENT, isError: true });
      expect(last().path).to.equal('/errors');
      for (const key of [null, '', '..', '.']) producer.produce({ topic: 't', key, value: 1 });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.requests).to.have.length(3);
      expect(reasons().map((reason) => reason.replace('PermanentSendError: ', ''))).to.deep.equal([
        'the message has nothing for {key} in the URL',
        'the message has nothing for {key} in the URL',
        "'.' or '..' in a value would choose another path",
        "'.' or '..' in a value would choose another path",
      ]);
    });

    it('is a tombstone in the way that is configured', async () => {
      await start().send({ value: null }, PATIENT);
      expect(last()).to.deep.include({ method: 'POST', body: Buffer.from('null') });
      await start({ body: 'raw' }).send({ value: null }, PATIENT);
      expect(last()).to.deep.include({ method: 'POST', body: Buffer.alloc(0) });
      const producer = start({ tombstones: 'delete', url: `${server.url}/items/{key}`, batch: { linger: '20ms' } });
      for (const value of [1, null, 2]) producer.produce({ key: 'k', value });
      await producer.flush(60_000);
      expect(server.requests.slice(2).map(({ method, path, body }) => `${method} ${path} ${body}`)).to.deep.equal([
        'POST /items/k [1]',
        'DELETE /items/k ',
        'POST /items/k [2]',
      ]);
      const refusing = start({ tombstones: 'refuse' });
      refusing.produce({ value: null });
      await refusing.flush(60_000);
      expect(reasons()[0]).to.include("'tombstones: refuse'");
    });

    it('is not sent where it cannot be: bytes that are no JSON, a header that would break the request', async () => {
      const producer = start();
      producer.produce({ value: Buffer.from('{"half":') });
      producer.produce({ value: 1, headers: { 'x-evil': 'a\r\nHost: b' } });
      producer.produce({ value: 1, headers: { 'x evil': 'a' } });
      producer.produce({ value: 2 });
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(server.bodies).to.deep.equal(['2']);
      expect(letters).to.have.length(3);
    });
  });

  it('never says what is secret: not in a log line, not in a letter, whatever the server says (I9)', async () => {
    const url = `${server.url}/services/T0123456/B98765432100?signature=abcdef0123456789`;
    const basic = Buffer.from('user:hunter2-password').toString('base64');
    const secrets = ['hunter2', basic, 'B98765432100', 'abcdef0123456789', 'k3y-of-the-api'];
    server.answer = ({ path, headers, body }) => ({
      status: String(body) === '0' ? 400 : 401,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path, ...Object.fromEntries(headers), password: 'hunter2-password' }),
    });
    const producer = start({
      url,
      auth: { basic: { username: 'user', password: 'hunter2-password' } },
      headers: { 'X-Api-Key': 'k3y-of-the-api' },
      backoff_seconds: 0.05,
    });
    const sent = producer.send({ value: 0 }, PATIENT).catch((error) => error);
    producer.produce({ value: 1 });
    await until(() => server.requests.length > 5);
    const said = JSON.stringify([logs, letters, String((await sent).message), String((await sent).cause)]);
    expect(said).to.include('answered 400').and.to.include('answered 401').and.to.include('***');
    for (const secret of secrets) expect(said, secret).not.to.include(secret);
  });

  it('has as many requests under way as it may where order is waived, and delivers each once', async () => {
    let [underWay, most] = [0, 0];
    server.answer = async (_request, attempt) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay--;
      return attempt === 1 && Math.random() < 0.1 ? { status: 503 } : OK;
    };
    const producer = start({ max_in_flight: 8, ordered: false });
    produce(producer, 200);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(most).to.equal(8);
    expect(server.connections).to.be.within(8, 40);
    expect(
      firsts()
        .map(Number)
        .toSorted((a, b) => a - b)
        .map(String),
    ).to.deep.equal(numbers(200));
    expect(producer.stats()).to.include({ delivered: 200, deadLettered: 0 });
  });

  it('lets no more than one request go at a time where order counts', async () => {
    let [underWay, most] = [0, 0];
    server.answer = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay--;
      return OK;
    };
    const producer = start({ batch: { max_messages: 5 } });
    produce(producer, 100);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(most).to.equal(1);
  });

  it('reads no more of an answer than it must', async () => {
    const endless = 'x'.repeat(1024 * 1024);
    server.answer = ({ body }) =>
      String(body) === '0'
        ? { raw: `HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n${endless}${endless}`, end: false }
        : OK;
    const producer = start({ request_timeout: '20s' });
    produce(producer, 2);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(server.bodies).to.deep.equal(['0', '1']);
  });

  it('ends a shutdown by its deadline though the server hangs, and says that the message is undelivered', async () => {
    server.answer = () => 'hang';
    const producer = start({ request_timeout: '1h', attempt_timeout_seconds: 7200 }); // which would outlast the test
    produce(producer, 3);
    await until(() => server.requests.length === 1);
    expect(await producer.shutdown(1000)).to.include({ delivered: 0, undelivered: 3 });
  });
});
