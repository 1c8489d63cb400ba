/** An HTTP source that gets mutated requests: pipelined, cut, in pieces. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { request as ask } from 'undici';
import type { Random } from '../../chaos/random.ts';
import { mutate } from '../mutator.ts';
import type { Peer, Wire } from '../wire.ts';

const MOST_PIPELINED = 5;
const MOST_AT_ONCE = 8;
const PATIENCE_MS = 50;

const request = (line: string, headers: readonly string[], body: string): Buffer =>
  Buffer.from(`${line} HTTP/1.1\r\n${['Host: localhost', ...headers].map((one) => `${one}\r\n`).join('')}\r\n${body}`);

const post = (type: string, body: string, ...headers: string[]): Buffer =>
  request('POST /messages', [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers], body);

const REQUESTS: readonly Buffer[] = [
  post('application/json', '{"value":{"a":[1,2,3]},"key":"k","headers":{"h":"v"}}'),
  post('application/x-ndjson', '{"value":1}\n{"value":"two"}\n[3]\n'),
  post('text/plain', 'a line\nanother'),
  post('application/json', '"é\\ud800"', 'Expect: 100-continue'),
  request(
    'POST /messages',
    ['Content-Type: application/x-ndjson', 'Transfer-Encoding: chunked'],
    '5\r\n"abc"\r\n1\r\n\n\r\n0\r\n\r\n',
  ),
  request('GET /health', [], ''),
  request('POST http://localhost/messages', ['Content-Type: application/json', 'Content-Length: 1'], '1'),
];

interface Sending {
  readonly bytes: Buffer;
  /** After so many bytes there is a pause. */
  readonly pause: number;
  readonly end: 'half' | 'destroy' | 'reset';
}

class Requests implements Peer {
  mutations = 0;
  readonly settings = {};
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @throws Error when the listener does not answer a good request any more */
  async run(signal: AbortSignal, port: number): Promise<void> {
    const clients = Array.from({ length: MOST_AT_ONCE }, async () => {
      while (!signal.aborted) await this.#client(port, this.#plan());
    });
    await Promise.all(clients);
    const { statusCode } = await ask(`http://127.0.0.1:${port}/health`, { headersTimeout: 10_000 });
    if (statusCode !== 200) throw new Error(`/health answers ${statusCode}`);
  }

  async stop(): Promise<void> {}

  /** Decided before anything is awaited, as far as a seed can. */
  #plan(): Sending {
    const random = this.#random;
    const parts = Array.from({ length: random.whole(1, MOST_PIPELINED) }, () => {
      const whole = random.pick(REQUESTS);
      if (!random.chance(0.7)) return whole;
      this.mutations++;
      return mutate(whole, random);
    });
    const bytes = Buffer.concat(parts);
    const cut = random.chance(0.3) ? random.whole(0, bytes.length) : bytes.length;
    return {
      bytes: bytes.subarray(0, cut),
      pause: random.whole(0, cut),
      end: random.pick(['half', 'destroy', 'reset'] as const),
    };
  }

  async #client(port: number, { bytes, pause, end }: Sending): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
    const closed = once(socket, 'close').catch(() => {});
    socket.resume().write(bytes.subarray(0, pause));
    await sleep(1);
    if (!socket.destroyed) socket.write(bytes.subarray(pause));
    if (end === 'half') socket.end();
    await Promise.race([closed, once(socket, 'end').catch(() => {}), sleep(PATIENCE_MS)]);
    if (end === 'reset') socket.resetAndDestroy();
    socket.destroy();
    await closed;
  }
}

export const listener: Wire = { name: 'listener', process: 'listener', peer: async (random) => new Requests(random) };
