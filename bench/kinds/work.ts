/** What each kind is measured with, and against which client. */

export interface Work {
  readonly kind: string;
  readonly title: string;
  /** The other side, a script in `bench/process/KIND`, next to `outspool` and `server`. */
  readonly peer: string;
  /** Messages of one run. */
  readonly messages: number;
  /** Bytes of a message's value. */
  readonly bytes: number;
  /** Requests in flight at once. */
  readonly inFlight: number;
  /** Messages in one request. */
  readonly perRequest: number;
}

const HTTP = { kind: 'http', peer: 'undici', bytes: 100 };

export const WORK: readonly Work[] = [
  { ...HTTP, title: 'HTTP, one request a message, in order', messages: 40_000, inFlight: 1, perRequest: 1 },
  { ...HTTP, title: 'HTTP, one request a message, 8 in flight', messages: 80_000, inFlight: 8, perRequest: 1 },
  { ...HTTP, title: 'HTTP, 100 messages a request, in order', messages: 800_000, inFlight: 1, perRequest: 100 },
];
