/** A RabbitMQ producer whose server sends mutated frames. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Random } from '../../chaos/random.ts';
import { mutate } from '../mutator.ts';
import type { Peer, Wire } from '../wire.ts';
import { AmqpConnection, frame } from './amqp-server.ts';

const METHOD = 1;

class Frames implements Peer {
  mutations = 0;
  readonly #random: Random;
  /** How many frames are mutated: few let a connection live long. */
  readonly #share: number;
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();

  constructor(random: Random) {
    this.#random = random;
    this.#share = random.pick([0.005, 0.02, 0.1, 0.3]);
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get settings() {
    const { port } = this.#server.address() as AddressInfo;
    return {
      type: 'rabbitmq',
      url: `amqp://127.0.0.1:${port}`,
      queue_name: 'q',
      declare: true,
      attempt_timeout_seconds: 0.5,
    };
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const connection = new AmqpConnection((channel, payload) => {
      if (socket.writable) socket.write(this.#frame(channel, payload));
    });
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes) => connection.take(bytes));
  }

  #frame(channel: number, payload: Buffer): Buffer {
    const random = this.#random;
    if (!random.chance(this.#share)) return frame(METHOD, channel, payload);
    this.mutations++;
    // Deep in the decoder, or in what separates frames.
    return random.chance(0.6)
      ? frame(METHOD, channel, mutate(payload, random))
      : mutate(frame(METHOD, channel, payload), random);
  }

  async run(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await once(signal, 'abort');
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export const amqp: Wire = { name: 'amqp', process: 'producer', peer: (random) => new Frames(random).start() };
