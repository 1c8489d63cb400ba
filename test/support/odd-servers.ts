/** Servers that a Kafka client may meet by mistake: TLS in every state, silence, nobody, something else. */

import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export const tlsFile = (name: string) => join(import.meta.dirname, '../fixtures/tls', name);

type Answer = (socket: Socket) => void;

export class OddServers {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** TLS in front of the Kafka server at `kafka`, with one of the certificates among the fixtures. */
  tls(kafka: string, certificate: string, options: TlsOptions = {}): Promise<number> {
    const files = { cert: readFileSync(tlsFile(certificate)), key: readFileSync(tlsFile('server-key.pem')) };
    const server = createTlsServer({ ...files, ...options }, (socket) => this.#pass(socket, kafka));
    return this.#listen(server.on('tlsClientError', () => {}));
  }

  /** Accepts, and never says a word. */
  silent(): Promise<number> {
    return this.#answering(() => {});
  }

  hangingUp(): Promise<number> {
    return this.#answering((socket) => socket.once('data', () => socket.end()));
  }

  http(): Promise<number> {
    return this.#answering((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  }

  /** A port at which nobody listens. */
  async closed(): Promise<number> {
    const port = await this.silent();
    const server = this.#servers.pop() as Server;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #answering(answer: Answer): Promise<number> {
    return this.#listen(createServer((socket) => answer(this.#known(socket))));
  }

  #pass(socket: Socket, kafka: string): void {
    const [host, port] = kafka.split(':') as [string, string];
    const broker = this.#known(connect(Number(port), host));
    this.#known(socket).pipe(broker).pipe(socket);
    socket.once('close', () => broker.destroy());
  }

  #known(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
    return socket;
  }

  #listen(server: Server): Promise<number> {
    this.#servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  }
}
