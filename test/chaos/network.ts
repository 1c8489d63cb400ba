/**
 * The network between producer and broker. Brokers say in their answers where they are, and clients go there: so their
 * address is replaced by this one in every answer.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A request, as its head says. */
export interface Asked {
  readonly api: number;
  readonly version: number;
}

/** What becomes of an answer on its way; its first four bytes are its length, the next ones the number of the request. */
export type Change = (answer: Buffer, asked: Asked | undefined) => Buffer;

export type NetworkFault = 'delay' | 'half-close' | 'stall';

const DELAY_MS = 60;
const LENGTH_BYTES = 4;

interface Pair {
  readonly client: Socket;
  readonly broker: Socket;
}

export class Network {
  readonly #host: string;
  readonly #port: number;
  readonly #server: Server;
  readonly #change: Change;
  readonly #pairs = new Set<Pair>();
  #fault: NetworkFault | undefined;

  private constructor(target: string, change: Change) {
    this.#change = change;
    const colon = target.lastIndexOf(':');
    this.#host = target.slice(0, colon);
    this.#port = Number(target.slice(colon + 1));
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
  }

  static async start(target: string, change: Change = (answer) => answer): Promise<Network> {
    const network = new Network(target, change);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `${this.#host}:${this.port}`;
  }

  /** Ends every connection at once, in the middle of whatever it was about. */
  cut(): void {
    for (const { client, broker } of this.#pairs) {
      client.resetAndDestroy();
      broker.destroy();
    }
  }

  /** delay: everything comes later; half-close: the broker's side ends, the client's goes on; stall: answers stay away. */
  begin(fault: NetworkFault): void {
    this.#fault = fault;
    if (fault === 'half-close') for (const { client } of this.#pairs) client.end();
  }

  /** What was held back goes on, but for what was behind an end. */
  mend(): void {
    const was = this.#fault;
    this.#fault = undefined;
    if (was === 'half-close' || was === 'stall') this.cut();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const broker = connect({ host: this.#host, port: this.#port, allowHalfOpen: true });
    const pair = { client, broker };
    this.#pairs.add(pair);
    const over = () => {
      this.#pairs.delete(pair);
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) socket.setNoDelay().on('error', over).on('close', over);
    const delayMs = () => (this.#fault === 'delay' ? DELAY_MS : 0);
    const asked = new Line(broker, delayMs);
    const answered = new Line(client, delayMs);
    const requests = new Requests();
    const answers = new Frames((answer) => {
      if (this.#fault === undefined || this.#fault === 'delay')
        answered.pass(this.#change(this.#readdressed(answer), requests.of(answer)));
    });
    client
      .on('data', (bytes) => requests.take(bytes))
      .on('data', (bytes) => asked.pass(bytes))
      .on('end', () => broker.end());
    broker.on('data', (bytes) => answers.take(bytes)).on('end', () => client.end());
  }

  /** Host and port follow each other in every version of the protocol's answers. */
  #readdressed(answer: Buffer): Buffer {
    const theirs = Buffer.concat([Buffer.from(this.#host), portBytes(this.#port)]);
    for (let at = answer.indexOf(theirs); at >= 0; at = answer.indexOf(theirs, at + 1))
      portBytes(this.port).copy(answer, at + this.#host.length);
    return answer;
  }
}

/** One direction: what is held back keeps its place before what comes later. */
class Line {
  readonly #to: Socket;
  readonly #delayMs: () => number;
  readonly #held: { readonly at: number; readonly bytes: Buffer }[] = [];

  constructor(to: Socket, delayMs: () => number) {
    this.#to = to;
    this.#delayMs = delayMs;
  }

  pass(bytes: Buffer): void {
    this.#held.push({ at: performance.now() + this.#delayMs(), bytes });
    if (this.#held.length === 1) this.#release();
  }

  #release(): void {
    for (let head = this.#held[0]; head !== undefined; head = this.#held[0]) {
      const leftMs = head.at - performance.now();
      if (leftMs > 0) return void setTimeout(() => this.#release(), leftMs);
      this.#held.shift();
      if (this.#to.writable) this.#to.write(head.bytes);
    }
  }
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(port);
  return bytes;
}

/** Requests on their way, by their numbers. */
class Requests {
  readonly #open = new Map<number, Asked>();
  readonly #frames = new Frames((request) => {
    const [api, version, number] = [request.readInt16BE(4), request.readInt16BE(6), request.readInt32BE(8)];
    this.#open.set(number, { api, version });
  });

  take(bytes: Buffer): void {
    this.#frames.take(bytes);
  }

  of(answer: Buffer): Asked | undefined {
    const number = answer.readInt32BE(4);
    const asked = this.#open.get(number);
    this.#open.delete(number);
    return asked;
  }
}

/** Makes whole requests or answers of what comes in pieces: each begins with its length. */
class Frames {
  readonly #whole: (answer: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(whole: (answer: Buffer) => void) {
    this.#whole = whole;
  }

  take(bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest, bytes]);
    for (let size = sizeOf(rest); rest.length >= size; size = sizeOf(rest)) {
      this.#whole(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    this.#rest = rest;
  }
}

const sizeOf = (bytes: Buffer): number =>
  bytes.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : LENGTH_BYTES + bytes.readInt32BE(0);
