/** Producers that the test plays, for the operations endpoint. */

import type { Operable } from '../../src/caller/metrics/exporter.ts';
import type { Snapshot } from '../../src/caller/snapshot.ts';
import type { Operated } from '../../src/operations/operated.ts';

export const SNAPSHOT: Snapshot = {
  ...{ accepted: 0, recovered: 0, delivered: 0, deadLettered: 0, dropped: 0, expired: 0, undelivered: 0, spooled: 0 },
  ...{ unused: 0, pending: 0, queued: 0, inFlight: 0, oldestMs: null, resets: 0, workerRestarts: 0 },
  ...{
    p50Ms: null,
    p99Ms: null,
    client: undefined,
    workerLoop: { activeMs: 0, idleMs: 0 },
    throttled: undefined,
    blockedBy: undefined,
    connectionSince: 0,
  },
  state: 'ready',
  connection: 'connected',
  pendingBy: { queued: 0, leased: 0, onDiskOnly: 0, deadLetter: 0 },
  queue: { bytes: 0, maxBytes: 1024 },
  spool: undefined,
  attempts: { delivered: 0, failed: 0, permanentlyFailed: 0 },
  deadLetters: {} as Snapshot['deadLetters'],
  latency: {
    buckets: [
      { ms: 10, count: 0 },
      { ms: Number.POSITIVE_INFINITY, count: 0 },
    ],
    count: 0,
    sumMs: 0,
  },
};

/** A producer whose figures the test changes. */
export class PlayedProducer implements Operable {
  readonly kind = 'memory';
  readonly name: string;
  figures: Partial<Snapshot> = {};
  error: Error | undefined;
  full = false;

  constructor(name = 'orders') {
    this.name = name;
  }

  snapshot = (): Snapshot => ({ ...SNAPSHOT, ...this.figures });
  readonly lastError = (): Error | undefined => this.error;
  readonly isFull = (): boolean => this.full;
}

export const operatedOf = (producers: readonly Operable[], more: Partial<Operated> = {}): Operated => ({
  producers,
  routes: undefined,
  deadLetterFiles: [],
  counts: () => ({ routes: {}, fallbacks: {}, unmatched: 0 }),
  mask: (text) => text,
  ...more,
});
