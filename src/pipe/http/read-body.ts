/** Reads the body of a request while it stays within its bounds. */

import type { IncomingMessage } from 'node:http';
import { onAbort } from '../../shared/util/abort.ts';
import { Pieces } from '../../shared/util/pieces.ts';
import type { Share } from './budget.ts';

/** `gone` means that the client disconnected, or was disconnected because it was too slow. */
export type BodyProblem = 'too large' | 'no room' | 'stopping' | 'gone';

export interface BodyBounds {
  readonly maxBytes: number;
  readonly share: Share;
  readonly stop: AbortSignal;
}

export function readBody(request: IncomingMessage, bounds: BodyBounds): Promise<Pieces | BodyProblem> {
  const { maxBytes, share, stop } = bounds;
  return new Promise((resolve) => {
    if (stop.aborted) {
      request.resume();
      return resolve('stopping');
    }
    const pieces = new Pieces();
    const finish = (result: Pieces | BodyProblem) => {
      request.off('data', take).off('end', end).off('close', gone);
      forget();
      if (typeof result === 'string') request.resume();
      resolve(result);
    };
    const take = (chunk: Buffer) => {
      if (pieces.length + chunk.length > maxBytes) return finish('too large');
      const before = pieces.allocated;
      pieces.add(chunk);
      if (!share.take(pieces.allocated - before)) return finish('no room');
    };
    const end = () => finish(pieces);
    const gone = () => finish('gone');
    // An error is always followed by 'close'.
    request.on('error', () => {});
    request.on('data', take).on('end', end).on('close', gone);
    const forget = onAbort(stop, () => finish('stopping'));
  });
}
