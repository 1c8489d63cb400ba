/** A small server with everything that a destination can have, for the contract suite to be tried on: lines of JSON by TCP. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { ContractServer, ReceivedMessage } from '../../src/testing/contract.ts';
import type { LineAnswer, LineMessage, LineRequest } from '../fixtures/producers/line-producer.ts';

export const PASSWORD = 'right';
const STEP_MS = 5;

const bytes = (part: string | null): Uint8Array | null => (part === null ? null : Buffer.from(part, 'base64'));

const received = ({ key, value, headers }: LineMessage): ReceivedMessage => ({
  key: bytes(key),
  value: bytes(value),
  headers: headers.map(([name, part]) => [name, bytes(part)]),
});

export class LineServer implements ContractServer {
  /** What it keeps: not lost by a restart. */
  readonly stored: LineMessage[] = [];
  readonly #ids = new Set<string>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #requests = 0;
  port = 0;

  async restore(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  async interrupt(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  requests(): number {
    return this.#requests;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    const lines = createInterface({ input: socket }).on('line', (line) => {
      const answer = this.#answer(JSON.parse(line) as LineRequest);
      socket.write(`${JSON.stringify(answer)}\n`);
    });
    lines.on('error', () => {}); // it says again what its socket has said
  }

  #answer({ password, messages }: LineRequest): LineAnswer {
    if (password !== PASSWORD) return { taken: 0, problem: 'access denied' };
    if (messages.length > 0) this.#requests++;
    for (const [index, message] of messages.entries()) {
      if (message.value === Buffer.from('poison').toString('base64')) return { taken: index, problem: 'poison' };
      if (!this.#ids.has(message.id)) this.stored.push(message);
      this.#ids.add(message.id);
    }
    return { taken: messages.length };
  }

  /** The messages of each topic, one after the other, for somebody who has seen none yet. */
  reader(): (topic: string, timeoutMs: number) => Promise<ReceivedMessage> {
    const taken = new Map<string, number>();
    return async (topic, timeoutMs) => {
      const position = taken.get(topic) ?? 0;
      taken.set(topic, position + 1);
      for (let waited = 0; waited <= timeoutMs; waited += STEP_MS) {
        const message = this.stored.filter((stored) => stored.topic === topic)[position];
        if (message !== undefined) return received(message);
        await new Promise((resolve) => setTimeout(resolve, STEP_MS));
      }
      throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
    };
  }
}
