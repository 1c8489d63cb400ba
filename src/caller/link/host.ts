/** A running delivery loop as the caller's side sees it, in a worker thread or on the caller's own thread. */

import type { ToCaller, ToWorker } from '../../shared/protocol.ts';
import type { LoopTimes } from './loop-times.ts';

export interface HostCallbacks {
  message(message: ToCaller): void;
  /** The thread has ended, on request or not. */
  exit(error: Error): void;
}

export interface Host {
  /** Times of the thread's event loop. @default undefined on the caller's own thread */
  readonly loopTimes?: LoopTimes | undefined;
  post(message: ToWorker): void;
  /** Ends the thread, even one that is busy. Resolves when it is gone. */
  terminate(): Promise<void>;
}
