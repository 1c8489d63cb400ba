/** A server that speaks just enough of Kafka's protocol to give each request the answer that a test has in mind. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export const METADATA = 3;
export const VERSIONS = 18;

export interface Asked {
  readonly api: number;
  readonly version: number;
}

/** The body of an answer, behind its length and the number of the request. */
export type Body = (asked: Asked) => Buffer;

const numbers = (bytes: number, ...values: readonly number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * bytes);
  for (const [index, value] of values.entries()) buffer.writeIntBE(value, index * bytes, bytes);
  return buffer;
};
export const int16 = (...values: readonly number[]): Buffer => numbers(2, ...values);
export const int32 = (...values: readonly number[]): Buffer => numbers(4, ...values);

/** Requests of a producer, with the highest version that Kafka 4 has of each. */
const APIS = { 0: 9, 3: 12, 10: 3, 18: 3, 22: 4, 24: 3, 26: 3 };

/** The answer of a real broker to ApiVersions. */
export function soundVersions({ version }: Asked): Buffer {
  const rows = Object.entries(APIS).map(([api, highest]) => int16(Number(api), 0, highest));
  if (version < 3) return Buffer.concat([int16(0), int32(rows.length), ...rows]);
  const tagged = rows.map((row) => Buffer.concat([row, Buffer.alloc(1)]));
  return Buffer.concat([int16(0), Buffer.from([rows.length + 1]), ...tagged, int32(0), Buffer.alloc(1)]);
}

export class FakeBroker {
  readonly asked: Asked[] = [];
  readonly #body: Body;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(body: Body) {
    this.#body = body;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(body: Body): Promise<FakeBroker> {
    const broker = new FakeBroker(body);
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    let bytes = Buffer.alloc(0);
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    socket.on('data', (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      for (
        ;
        bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0);
        bytes = bytes.subarray(4 + bytes.readInt32BE(0))
      )
        this.#answer(socket, bytes.subarray(4, 4 + bytes.readInt32BE(0)));
    });
  }

  #answer(socket: Socket, request: Buffer): void {
    const asked = { api: request.readInt16BE(0), version: request.readInt16BE(2) };
    this.asked.push(asked);
    const answer = Buffer.concat([request.subarray(4, 8), this.#body(asked)]);
    socket.write(Buffer.concat([int32(answer.length), answer]));
  }
}
