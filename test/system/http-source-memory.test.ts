/** What bodies cost that are small, but of millions of parts: their bytes, and no turn of the loop that is long. */

import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import type { LoadedSource } from '../../src/config/sources/read.ts';
import { SOURCE_SCHEMAS } from '../../src/config/sources/schema.ts';
import { HttpSource } from '../../src/pipe/http/http-source.ts';
import { Delivery, type Sink } from '../../src/pipe/sink.ts';
import { LogLines } from '../support/log-lines.ts';

const MIB = 2 ** 20;
const BODY_BYTES = 8 * MIB;
/** Other test files share the process: no more than a bound of what is wrong, which was 3.3 GB and a stall of 20 s. */
const TOO_MANY_BYTES = 1024 * MIB;
const STALLED = 2;

class CountingSink implements Sink {
  taken = 0;
  hasRoomNow = true;
  async enqueue(): Promise<void> {
    this.taken++;
  }
  async send(): Promise<void> {
    this.taken++;
  }
  async hasRoom(): Promise<boolean> {
    return this.hasRoomNow;
  }
}

/** Kinds of bodies, each of 8 MiB, and how many messages they are. */
const BODIES: Readonly<Record<string, { readonly body: () => Buffer; readonly messages: number }>> = {
  'lines of one byte': { body: () => Buffer.alloc(BODY_BYTES, '1\n'), messages: BODY_BYTES / 2 },
  'blank lines': { body: () => Buffer.alloc(BODY_BYTES, '\n'), messages: 0 },
  'lines of spaces': { body: () => Buffer.alloc(BODY_BYTES, ' \r\n'), messages: 0 },
  'lines of 1 MiB that are lists of lists': {
    body: () => Buffer.alloc(BODY_BYTES, `[${'[],'.repeat(349_000)}[]]\n`.padEnd(MIB - 1, ' ').concat('\n')),
    messages: 8,
  },
};

describe('the memory of an HTTP source', function () {
  this.timeout(600_000);
  let sink: CountingSink;
  let log: LogLines;
  let source: HttpSource;
  let port: number;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    sink = new CountingSink();
    log = new LogLines();
    const config = SOURCE_SCHEMAS.http.parse({ type: 'http', name: 'in', listen: '127.0.0.1:0', timeout: '10m' });
    const loaded: LoadedSource = { config, path: 'sources[0]', place: () => ({ file: 'p.yaml', line: 1, column: 1 }) };
    source = new HttpSource(config, loaded, { delivery: new Delivery(sink, 'stored'), logger: log });
    await source.open();
    port = Number(/:(\d+)\//.exec(log.all)?.[1]);
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    source.stop();
    await source.close();
  });

  const open = (): Socket => {
    const socket = connect(port, '127.0.0.1')
      .setEncoding('latin1')
      .on('error', () => {});
    sockets.push(socket);
    return socket;
  };

  const answer = (socket: Socket) =>
    new Promise<string>((resolve) => socket.once('data', (text) => resolve(String(text))));

  const HEAD = 'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n';

  /** Resolves with the answer, and how often `/health` was answered before it. */
  async function posted(write: (socket: Socket) => void): Promise<{ text: string; health: number; most: number }> {
    const poster = open();
    const asker = open();
    const before = process.memoryUsage().rss;
    let most = 0;
    let health = 0;
    const ask = () => asker.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
    asker.on('data', () => {
      health++;
      most = Math.max(most, process.memoryUsage().rss - before);
      ask();
    });
    ask();
    write(poster);
    const text = await answer(poster);
    asker.destroy();
    return { text, health, most: Math.max(most, process.memoryUsage().rss - before) };
  }

  for (const [name, { body, messages }] of Object.entries(BODIES))
    it(`is that of its bytes for a body of ${name}, while /health is answered`, async () => {
      const bytes = body();
      const { text, health, most } = await posted((socket) => {
        socket.write(`${HEAD}content-length: ${bytes.length}\r\n\r\n`);
        socket.write(bytes);
      });
      expect(text).to.match(messages > 0 ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 400 /, text);
      expect(sink.taken).to.equal(messages);
      expect(health).to.be.above(STALLED);
      expect(most).to.be.below(TOO_MANY_BYTES);
    });

  it('is that of its bytes where each chunk has one', async () => {
    const { text, most } = await posted((socket) => {
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
      for (let piece = 0; piece < 64; piece++) socket.write('1\r\n1\r\n1\r\n\n\r\n'.repeat(MIB / 64));
      socket.write('0\r\n\r\n');
    });
    expect(text).to.match(/^HTTP\/1.1 200 /);
    expect(sink.taken).to.equal(MIB);
    expect(most).to.be.below(TOO_MANY_BYTES);
  });
});
