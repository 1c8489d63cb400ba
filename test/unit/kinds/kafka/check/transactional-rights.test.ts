import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { rightsFinding } from '../../../../../src/kinds/kafka/check/transactional.ts';

const FIND_COORDINATOR = 10;
const SASL_HANDSHAKE = 17;
const ADD_OFFSETS = 25;
const HEAD_BYTES = 8;

/** What a broker of the test does with a request: answers with a code, in pieces, or otherwise. */
type Reply = number | 'silence' | 'end' | 'nonsense' | 'another number';

describe('the rights of a transactional producer', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  const asked: number[] = [];

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    asked.length = 0;
  });

  async function finding(replies: Readonly<Record<number, Reply>>, properties: Record<string, string> = {}, ms = 2000) {
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.on('data', (request) => {
        const api = request.readInt16BE(4);
        asked.push(api);
        answer(socket, request, replies[api] ?? 'silence');
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    return rightsFinding({
      transactionalId: 'orders-0',
      properties,
      end: performance.now() + ms,
      connect: async () => connect(port, '127.0.0.1'),
    });
  }

  const both = (coordinator: Reply, offsets: Reply) => ({ [FIND_COORDINATOR]: coordinator, [ADD_OFFSETS]: offsets });
  const GRANTED = { note: "may use 'orders-0'" };
  const NOT_KNOWN = { note: "transactional id 'orders-0': not known" };

  it('are granted by what a broker answers only behind the permissions', async () => {
    for (const code of [49, 16, 15, 14, 47, 48, 51, 90])
      expect(await finding(both(0, code)), `${code}`).to.deep.equal(GRANTED);
    expect(await finding(both(15, 49)), 'no coordinator yet').to.deep.equal(GRANTED);
    expect(asked.slice(-2)).to.deep.equal([FIND_COORDINATOR, ADD_OFFSETS]);
  });

  it('are missing where a broker says so, of the id or of the group', async () => {
    for (const replies of [both(53, 49), both(0, 53)]) {
      const found = await finding(replies);
      expect(found).to.include({ setting: 'transactional_id' });
      expect(found.problem).to.equal("no permission to use the transactional id 'orders-0'");
    }
    const found = await finding(both(0, 30));
    expect(found.problem).to.contain("the group 'outspool-orders-0'");
    expect(found.advice).to.match(/^have READ on it/);
  });

  const unclear: Readonly<Record<string, Readonly<Record<number, Reply>>>> = {
    'another error': both(0, 35),
    'a connection that is closed': both('end', 0),
    'an answer that is none': both('nonsense', 0),
    'an answer to something else': both('another number', 0),
    silence: both('silence', 0),
  };
  for (const [what, replies] of Object.entries(unclear))
    it(`are not known after ${what}, which is no failure`, async () => {
      expect(await finding(replies, {}, 300)).to.deep.equal(NOT_KNOWN);
    });

  it('are not known without a connection', async () => {
    const connectless = { transactionalId: 'orders-0', properties: {}, end: performance.now() + 300 };
    expect(await rightsFinding({ ...connectless, connect: () => Promise.reject(new Error('none')) })).to.deep.equal(
      NOT_KNOWN,
    );
  });

  it('are not known for a mechanism that only librdkafka knows, and for a user that is refused', async () => {
    const sasl = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.username': 'u', 'sasl.password': 'p' };
    expect(await finding(both(0, 49), { ...sasl, 'sasl.mechanisms': 'OAUTHBEARER' })).to.deep.equal(NOT_KNOWN);
    expect(asked).to.deep.equal([]);
    expect(await finding({ [SASL_HANDSHAKE]: 33 }, { ...sasl, 'sasl.mechanisms': 'PLAIN' })).to.deep.equal(NOT_KNOWN);
    expect(asked).to.deep.equal([SASL_HANDSHAKE]);
  });
});

function answer(socket: Socket, request: Buffer, reply: Reply): void {
  if (reply === 'silence') return;
  if (reply === 'end') return void socket.end();
  if (reply === 'nonsense') return void socket.write(Buffer.alloc(64, 0xff));
  const response = Buffer.alloc(4 + HEAD_BYTES + 2);
  response.writeInt32BE(response.length - 4, 0);
  response.writeInt32BE(reply === 'another number' ? 999 : request.readInt32BE(HEAD_BYTES), 4);
  // The handshake's answer begins with its code, those of the questions with the throttle time.
  if (typeof reply === 'number') response.writeInt16BE(reply, request.readInt16BE(4) === SASL_HANDSHAKE ? 8 : 12);
  socket.write(response.subarray(0, 3));
  setImmediate(() => socket.write(response.subarray(3)));
}
