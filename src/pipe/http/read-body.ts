/** Reads the body of a request, as long as it keeps to its bounds. */

import type { IncomingMessage } from 'node:http';
import { onAbort } from '../../abort.ts';
import type { Share } from './budget.ts';

/** `gone`: the client has left, or was too slow and has been sent away. */
export type BodyProblem = 'too large' | 'no room' | 'stopping' | 'gone';

export interface BodyBounds {
  readonly maxBytes: number;
  readonly share: Share;
  /** Ends the reading when the listener stops. */
  readonly stop: AbortSignal;
}

export function readBody(request: IncomingMessage, bounds: BodyBounds): Promise<Buffer | BodyProblem> {
  const { maxBytes, share, stop } = bounds;
  return new Promise((resolve) => {
    if (stop.aborted) {
      request.resume();
      return resolve('stopping');
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Buffer | BodyProblem) => {
      request.off('data', take).off('end', end).off('close', gone);
      forget();
      if (typeof result === 'string') request.resume();
      resolve(result);
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) return finish('too large');
      if (!share.take(chunk.length)) return finish('no room');
      chunks.push(chunk);
    };
    const end = () => finish(Buffer.concat(chunks, bytes));
    const gone = () => finish('gone');
    // An error is always followed by 'close'.
    request.on('error', () => {});
    request.on('data', take).on('end', end).on('close', gone);
    const forget = onAbort(stop, () => finish('stopping'));
  });
}
