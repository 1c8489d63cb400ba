/** Exchanges the first bytes with a server, to learn whether it speaks TLS, Kafka, something else or nothing. */

import type { Socket } from 'node:net';
import { settled } from '../../common/probe/connect.ts';

/** `silent`: no answer in time. `closed`: the server closed the connection. `tls`: it answered as TLS does. */
export type Answer = 'kafka' | 'tls' | 'other' | 'closed' | 'silent';

/** Correlation id of an ApiVersions request, version 0, which every broker answers before authentication. */
const CORRELATION = 0x6f_75_74_70;
const CLIENT = 'outspool-check';
/** TLS records begin with their type (21 an alert, 22 a handshake) and the version 3.x. */
const TLS_ALERT = 21;
const TLS_HANDSHAKE = 22;

function versionsRequest(): Buffer {
  const request = Buffer.alloc(14 + CLIENT.length);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(18, 4); // the API key, followed by the version, 0
  request.writeInt32BE(CORRELATION, 8);
  request.writeInt16BE(CLIENT.length, 12);
  request.write(CLIENT, 14, 'latin1');
  return request;
}

function answerOf(bytes: Buffer): Answer | undefined {
  const isTls = (bytes[0] === TLS_ALERT || bytes[0] === TLS_HANDSHAKE) && bytes[1] === 3;
  if (isTls) return 'tls';
  if (bytes.length < 8) return undefined;
  return bytes.readInt32BE(4) === CORRELATION ? 'kafka' : 'other';
}

/** Asks for the versions that the broker supports, and closes the connection. @throws the TLS error of the connection */
export async function askVersions(socket: Socket, ms: number): Promise<Answer> {
  const bytes: Buffer[] = [];
  try {
    return await settled<Answer>(socket, ms, (resolve) => {
      socket.on('data', (part: Buffer) => {
        bytes.push(part);
        const answer = answerOf(Buffer.concat(bytes));
        if (answer !== undefined) resolve(answer);
      });
      // A single byte and then the end is no answer either.
      socket.once('end', () => resolve('closed')).once('close', () => resolve('closed'));
      socket.write(versionsRequest());
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ETIMEDOUT') return 'silent';
    if (code === 'ECONNRESET' || code === 'EPIPE') return 'closed';
    throw error;
  } finally {
    socket.destroy();
  }
}
