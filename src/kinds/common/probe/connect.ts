/** A connection to a server that is being looked at, in the clear or with TLS, within a deadline. */

import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';

/** A connection to one address. @throws the system's error, and one with the code ETIMEDOUT when `ms` have passed */
export function open(address: string, port: number, ms: number): Promise<Socket> {
  const socket = connect({ host: address, port });
  return settled<Socket>(socket, ms, (resolve) => socket.once('connect', () => resolve(socket)));
}

/**
 * A TLS connection whose certificate was looked at and not insisted on: `authorizationError` says what is wrong with it.
 * @throws what TLS says, and an error with the code ETIMEDOUT when `ms` have passed
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

/** What `begin` resolves with, unless the socket fails or the time is over. Whoever gets an error gets no open socket. */
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
    socket.on('error', fail); // stays: a late error of a socket that is done has no reader
    socket.once('close', () => fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })));
    begin((value) => end(() => resolve(value)));
  });
}

const timeout = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
