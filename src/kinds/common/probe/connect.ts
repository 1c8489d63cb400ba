/** Opens connections, plain or TLS, with which a check probes a server within a deadline. */

import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';

/** Connects to one address. @throws the system's error, and one with the code ETIMEDOUT after `ms` */
export function open(address: string, port: number, ms: number): Promise<Socket> {
  const socket = connect({ host: address, port });
  return settled<Socket>(socket, ms, (resolve) => socket.once('connect', () => resolve(socket)));
}

/**
 * Opens a TLS connection even if the certificate does not verify; `authorizationError` then holds the reason.
 * @throws the error of TLS, and one with the code ETIMEDOUT after `ms`
 */
export function secure(
  socket: Socket,
  server: { readonly host: string },
  ms: number,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  const name = isIP(server.host) === 0 ? { servername: server.host } : {};
  const secured = tlsConnect({ socket, host: server.host, ...name, ...options, rejectUnauthorized: false });
  return settled<TLSSocket>(secured, ms, (resolve) => secured.once('secureConnect', () => resolve(secured)));
}

/** Resolves with the value of `begin`. Rejects when the socket fails or after `ms`, and then destroys the socket. */
export function settled<T>(socket: Socket, ms: number, begin: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    const fail = (error: Error) => {
      socket.destroy();
      end(() => reject(error));
    };
    const timer = setTimeout(() => fail(timeout()), ms);
    socket.on('error', fail); // stays, because a late error without a listener would end the process
    socket.once('close', () => fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })));
    begin((value) => end(() => resolve(value)));
  });
}

const timeout = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
