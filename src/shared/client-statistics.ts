/** What a client tells about its connections to brokers, in terms that are the same for every client. */

/** Figures of one broker. Counters begin at 0 with each client that the producer makes. */
export interface BrokerStatistics {
  /** `host:port`. */
  readonly broker: string;
  /** The client's own word for the state of the connection, such as `UP` or `CONNECT`. */
  readonly state: string;
  /** Round-trip times of requests in the last interval, in ms; null if there was no request. */
  readonly rttMs: { readonly mean: number; readonly p99: number } | null;
  /** Requests that wait to be sent, and those that wait for their answer. */
  readonly requests: { readonly queued: number; readonly inFlight: number };
  /** Number of requests that were sent, that were sent again, and that had no answer in time. */
  readonly sent: number;
  readonly retries: number;
  readonly timeouts: number;
}

export interface ClientStatistics {
  /** When they were taken, in ms since 1970. */
  readonly at: number;
  readonly brokers: readonly BrokerStatistics[];
}

/** Takes statistics for `stats()`. */
export type TellStatistics = (statistics: ClientStatistics) => void;
