/**
 * What `overheard` takes for granted of undici: each byte of an answer reaches the parser by `socket.read()` of the socket that the
 * connector hands over, and each request goes out by `socket.write()`. An undici that reads in another way would silently lose status
 * lines, interim answers and TLS alerts. So this is checked with the installed one.
 */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { buildConnector, Client } from 'undici';
import { heardOf, listenTo } from '../../../../src/kinds/http/overheard.ts';

const FINAL = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('what undici does with a socket', () => {
  let server: Server;
  /** What the server writes, piece by piece. */
  let answer: readonly string[];
  before(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', async () => {
        for (const piece of answer) {
          socket.write(piece);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  /** A client whose sockets pass by `watch` first. */
  function clientOf(watch: (socket: Socket) => void): Client {
    const connect = buildConnector({});
    const { port } = server.address() as AddressInfo;
    return new Client(`http://127.0.0.1:${port}`, {
      connect: (options, callback) =>
        connect(options, (...[error, socket]) => {
          if (error !== null) return callback(error, null);
          watch(socket);
          return callback(null, socket);
        }),
    });
  }

  async function ask(client: Client): Promise<string> {
    const { statusCode, body } = await client.request({ path: '/', method: 'POST', body: 'x' });
    return `${statusCode} ${await body.text()}`;
  }

  it('it reads answers by socket.read() alone, and writes requests by socket.write() alone', async () => {
    let read = '';
    let written = '';
    const client = clientOf((socket) => {
      const original = socket.read.bind(socket);
      socket.read = (size?: number) => {
        const chunk = original(size);
        read += chunk ?? '';
        return chunk;
      };
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
      socket.write = (...args: unknown[]) => {
        written += String(args[0]);
        return write(...args);
      };
    });
    answer = [FINAL.slice(0, 12), FINAL.slice(12)];
    expect([await ask(client), await ask(client)]).to.deep.equal(['200 ok', '200 ok']);
    expect(read).to.equal(FINAL + FINAL);
    expect(written.match(/POST \/ HTTP/g)).to.have.lengthOf(2);
    await client.close();
  });

  it('it parses what socket.read() returns instead of what has come', async () => {
    const client = clientOf((socket) => {
      const original = socket.read.bind(socket);
      socket.read = (size?: number) => {
        const chunk = original(size);
        return chunk === null ? null : Buffer.from(String(chunk).replace('200 OK', '202 Accepted'));
      };
    });
    answer = [FINAL];
    expect(await ask(client)).to.equal('202 ok');
    await client.close();
  });

  it('it fails at an interim answer that was not asked for, unless that is taken out: else `overheard` could be left out', async () => {
    answer = ['HTTP/1.1 100 Continue\r\n\r\n', FINAL];
    const plain = clientOf(() => {});
    const failure = await ask(plain).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(Error);
    const listening = clientOf(listenTo);
    expect([await ask(listening), await ask(listening)]).to.deep.equal(['200 ok', '200 ok']);
    await Promise.all([plain.destroy(), listening.close()]);
  });

  const CONTINUE = 'HTTP/1.1 100\r\n\r\n';
  const EARLY = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n';
  const BROKEN = 'HTTP/1.1 503 Busy\r\nbad\x01header: x\r\n\r\n';
  /** The answer, or the status that was heard of one that undici does not read. */
  const outcome = async (client: Client) => {
    try {
      return await ask(client);
    } catch (error) {
      return heardOf(error)?.status;
    } finally {
      await client.destroy();
    }
  };

  const INTERIM: Readonly<Record<string, readonly [pieces: readonly string[], outcome: unknown]>> = {
    '1000 in a burst': [[CONTINUE.repeat(1000) + FINAL], '200 ok'],
    '1000 of several kinds': [[(CONTINUE + EARLY).repeat(500) + FINAL], '200 ok'],
    'one in pieces': [[...EARLY, ...FINAL], '200 ok'],
    'one whose end comes with the beginning of the next': [[`${CONTINUE}HTT`, `P/1.1 103\r\n\r\n${FINAL}`], '200 ok'],
    'more than 1000': [[CONTINUE.repeat(1001) + FINAL], undefined],
    '12000 in a burst': [[CONTINUE.repeat(12_000) + FINAL], undefined],
    'one before an answer that is broken': [[EARLY + BROKEN], 503],
    'several before an answer that is broken': [[EARLY, CONTINUE, `HTTP/1.0 102\r\n\r\n${BROKEN}`], 503],
    'a switch of protocols, which is final': [['HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'], 101],
    'one that is broken, and no other': [[`HTTP/1.1 103 Early\r\nlink: ${'x'.repeat(20_000)}\x01\r\n`], undefined],
  };
  for (const [name, [pieces, expected]] of Object.entries(INTERIM))
    it(`it gets no interim answer, and none counts as the answer: ${name}`, async () => {
      answer = pieces;
      expect(await outcome(clientOf(listenTo))).to.equal(expected);
    });

  it('it gets 1000 of them for each request', async () => {
    answer = [CONTINUE.repeat(600) + FINAL];
    const client = clientOf(listenTo);
    expect([await ask(client), await ask(client)]).to.deep.equal(['200 ok', '200 ok']);
    await client.destroy();
  });

  it('it destroys the socket with the error of an answer that it cannot parse, so that the status is known', async () => {
    answer = ['HTTP/1.1 503 Busy\r\nbad\x01header: x\r\n\r\n'];
    const client = clientOf(listenTo);
    const error: unknown = await ask(client).catch((thrown) => thrown);
    expect(heardOf(error)?.status).to.equal(503);
    await client.destroy();
  });
});
