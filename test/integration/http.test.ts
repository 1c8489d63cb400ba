import { expect } from 'chai';
import type { z } from 'zod';
import type { HttpProducerConfig } from '../../src/config/http.ts';
import type { DeadLetter } from '../../src/engine/dead-letter.ts';
import { HttpProducer } from '../../src/producers/http/http-producer.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { type Answer, OK, type Reply, ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { until } from '../support/until.ts';

type Settings = Partial<z.input<typeof HttpProducerConfig>>;

describe('an HTTP producer', function () {
  this.timeout(60_000);

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
    expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
    expect(server.bodies).to.deep.equal(numbers(50));
    expect(server.connections).to.equal(1);
    const [{ method, path, headers } = { headers: new Map<string, string>() }] = server.requests;
    expect({ method, path }).to.deep.equal({ method: 'POST', path: '/in' });
    expect(headers.get('content-type')).to.equal('application/json');
    expect(new Set(server.requests.map((request) => request.headers.get('idempotency-key'))).size).to.equal(50);
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
      'answers with a status that is none': { raw: 'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n', end: false },
      'answers with endless headers': { raw: `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n` },
    };
    for (const [what, reply] of Object.entries(bad))
      it(`${what}: the message goes again under the same name, and nothing overtakes it`, async () => {
        server.answer = ({ body }, attempt) => (Number(String(body)) % 3 === 1 && attempt <= 2 ? reply : OK);
        const producer = start({ request_timeout: '300ms' });
        produce(producer, 6);
        expect(await producer.flush(30_000)).to.deep.equal({ remaining: 0 });
        expect(server.bodies).to.deep.equal(['0', '1', '1', '1', '2', '3', '4', '4', '4', '5']);
        expect(keysByBody()).to.deep.equal([1, 1, 1, 1, 1, 1]);
        expect(producer.stats()).to.include({ delivered: 6, deadLettered: 0 });
      });

    it('waits as long as Retry-After says, in seconds or until a date', async () => {
      server.answer = ({ body }, attempt) => {
        if (attempt > 1) return OK;
        const now = Date.now() - 3_600_000; // its clock is wrong, which does not matter
        const date = { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 2000).toUTCString() };
        return { status: 429, headers: String(body) === '0' ? { 'retry-after': '1' } : date };
      };
      const producer = start({ backoff_seconds: 60 });
      produce(producer, 2);
      expect(await producer.flush(30_000)).to.deep.equal({ remaining: 0 });
      const at = server.requests.map((request) => request.at);
      expect((at[1] as number) - (at[0] as number)).to.be.within(950, 10_000);
      expect((at[3] as number) - (at[2] as number)).to.be.within(1950, 10_000);
    });

    it('waits for the server in an outage, charges nobody, and says in words what is wrong', async () => {
      const producer = start();
      await producer.send({ value: 'first' });
      const { port } = server;
      await server.stop();
      produce(producer, 5);
      await until(() => logs.some(({ fields }) => String(fields.err).includes('connection refused')), 10_000);
      server = await ScriptedHttpServer.start(() => OK, { port });
      expect(await producer.flush(30_000)).to.deep.equal({ remaining: 0 });
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
      expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
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
    expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
    expect(server.bodies).to.deep.equal(['0', '0', '1']);
    expect(reasons()).to.have.length(1);
  });

  it('keeps the names of messages through resets, and with a spool through a restart', async () => {
    server.answer = () => ({ status: 500 });
    const queue = { spool: { path: directory() } };
    const first = start({ queue, backoff_seconds: 0.05 });
    for (const value of [0, 1]) await first.enqueue({ value });
    await until(() => server.requests.length > 5, 10_000);
    expect(await first.shutdown(1000)).to.include({ spooled: 2 });
    server.answer = () => OK;
    const second = start({ queue });
    await second.enqueue({ value: 2 });
    expect(await second.flush(20_000)).to.deep.equal({ remaining: 0 });
    expect(firsts()).to.deep.equal(['0', '1', '2']);
    expect(keysByBody()).to.deep.equal([1, 1, 1]);
  });

  describe('in batches', () => {
    const batches = () => server.bodies.map((body) => JSON.parse(body) as number[]);
    const poison: Answer = ({ body }) => {
      const values = JSON.parse(String(body)) as number[];
      return values.includes(7) || values.includes(30) ? { status: 422, body: 'one of them is bad' } : OK;
    };

    it('sends JSON arrays, in order', async () => {
      const producer = start({ batch: { max_messages: 20, linger: '20ms' } });
      produce(producer, 100);
      expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
      expect(batches().flat().map(String)).to.deep.equal(numbers(100));
      expect(server.requests.length).to.be.lessThan(10);
      expect(Math.max(...batches().map(({ length }) => length))).to.equal(20);
    });

    it('gathers messages that come one by one while a request is under way', async () => {
      server.answer = async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return OK;
      };
      const producer = start({ batch: {} });
      for (let value = 0; value < 40; value++) {
        producer.produce({ value });
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
      expect(batches().flat().map(String)).to.deep.equal(numbers(40));
      expect(server.requests.length).to.be.lessThan(15);
    });

    it('holds to the bytes of a body; what is larger goes alone', async () => {
      const producer = start({ batch: { max_bytes: 50 } });
      for (const length of [10, 10, 10, 200, 10]) producer.produce({ value: 'x'.repeat(length) });
      expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
      expect(batches().map(({ length }) => length)).to.deep.equal([3, 1, 1]);
    });

    it('finds the messages that a refused batch was refused for, and keeps the order of the others', async () => {
      server.answer = poison;
      const producer = start({ batch: { linger: '20ms' } });
      produce(producer, 60);
      expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
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
      expect(await producer.flush(30_000)).to.deep.equal({ remaining: 0 });
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
      expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
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
      expect(await producer.flush(10_000)).to.deep.equal({ remaining: 0 });
      expect(server.requests.map(({ path, body }) => [path, String(body)])).to.deep.equal([
        ['/a', '["a","a"]'],
        ['/b', '["b","b"]'],
        ['/a', '["a"]'],
        ['/errors', '["bad"]'],
      ]);
    });
  });
});
