/** What the caller's side sees of a running delivery loop, wherever that runs. */

import type { ToCaller, ToWorker } from '../../shared/protocol.ts';

export interface HostCallbacks {
  message(message: ToCaller): void;
  /** The thread has ended, asked or not. */
  exit(error: Error): void;
}

export interface Host {
  post(message: ToWorker): void;
  /** Ends the thread whatever it is doing. Resolves when it is gone. */
  terminate(): Promise<void>;
}
