import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { HttpClient } from '../../../../src/kinds/http/client.ts';
import type { HttpRequest } from '../../../../src/kinds/http/encoder.ts';
import { HttpProducerConfig } from '../../../../src/kinds/http/schema.ts';
import { HANG_MS } from '../../../support/until.ts';

const REQUEST: HttpRequest = { method: 'POST', path: '/', headers: [], body: Buffer.from('x') };
const SHORT_MS = 200;

describe('a request to a server that does not answer', () => {
  let server: Server;
  let client: HttpClient;
  /** The sockets on which a request has arrived. */
  let asked: Socket[];
  /** What the server writes for a request. */
  let answer: string;
  beforeEach(async () => {
    asked = [];
    answer = '';
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => {
        asked.push(socket);
        socket.write(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await client.close();
    server.close();
  });

  async function open(requestTimeoutMs: number): Promise<void> {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = HttpProducerConfig.parse({
      type: 'http',
      name: 'web',
      url: origin,
      ordered: false,
      max_in_flight: 4,
    });
    const options = { config, origin, connectTimeoutMs: HANG_MS, requestTimeoutMs };
    client = await HttpClient.open(options, new AbortController().signal);
  }

  const problemOf = (request: Promise<unknown>) =>
    request.then(
      () => 'answered',
      (error: Error) => error.message,
    );

  it('ends with the abort of its own signal, and no other request does', async () => {
    await open(HANG_MS);
    const [given, other] = [new AbortController(), new AbortController()];
    const ended: string[] = [];
    const mine = [1, 2].map(() => problemOf(client.request(REQUEST, given.signal)));
    const theirs = problemOf(client.request(REQUEST, other.signal)).then((text) => ended.push(text));
    given.abort();
    expect(await Promise.all(mine)).to.deep.equal(['the request was abandoned', 'the request was abandoned']);
    expect(ended).to.deep.equal([]);
    other.abort();
    await theirs;
    expect(ended).to.deep.equal(['the request was abandoned']);
  });

  it('is not sent where its signal is aborted already', async () => {
    await open(HANG_MS);
    expect(await problemOf(client.request(REQUEST, AbortSignal.abort()))).to.equal('the request was abandoned');
    expect(asked).to.deep.equal([]);
  });

  it('ends at its deadline, and says how much of the answer had come', async () => {
    await open(SHORT_MS);
    const { signal } = new AbortController();
    expect(await problemOf(client.request(REQUEST, signal))).to.match(/^no answer from http:\S+ within 200 ms$/);
    answer = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab';
    expect(await problemOf(client.request(REQUEST, signal))).to.match(
      /^no end of the answer \(status 200\) from http:/,
    );
  });
});
