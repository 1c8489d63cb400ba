/** What the harness tells a victim, and what the victim reports of its life: a line of JSON for each event. */

import { existsSync, writeSync } from 'node:fs';

export interface Orders {
  readonly bootstrapServers: string;
  readonly topic: string;
  /** The directory of all its files; they are named by their paths below it. */
  readonly root: string;
}

export const PHASES = ['start', 'steady', 'replacement', 'shutdown'] as const;
export type Phase = (typeof PHASES)[number];

export type Event =
  /** Its `enqueue()` has resolved. */
  | { readonly event: 'confirmed'; readonly id: string }
  /** A call was refused, which a caller has to expect: it is made again. */
  | { readonly event: 'refused'; readonly call: string; readonly why: string }
  /** Something that must not be. */
  | { readonly event: 'wrong'; readonly kind: WrongKind; readonly text: string }
  /** `shutdown()` has resolved. */
  | { readonly event: 'shut down' };

/** wrong counters: `stats()` throws or does not add up; not usable: it does not recover from an error that has passed. */
export type WrongKind = 'wrong counters' | 'not usable' | 'late shutdown';

/** The exit code of a victim that has ended as it wants to. */
export const OWN_CODE = 7;
export const SHUTDOWN_MS = 2000;
/** The broker takes no message as large as this. */
export const MAX_MESSAGE_BYTES = 10_000;

export const ordersOf = (env: NodeJS.ProcessEnv): Orders => JSON.parse(env.OUTSPOOL_VICTIM ?? '{}') as Orders;

export const configOf = ({ bootstrapServers, topic, root }: Orders) => ({
  type: 'kafka' as const,
  name: 'victim',
  topic,
  bootstrap_servers: bootstrapServers,
  max_message_bytes: MAX_MESSAGE_BYTES,
  max_retries: 2,
  backoff_seconds: 0.05,
  connect_timeout_seconds: 2,
  attempt_timeout_seconds: 2,
  client: { 'reconnect.backoff.ms': 10, 'reconnect.backoff.max.ms': 50 },
  queue: { spool: { path: `${root}/parent/spool`, max_bytes: '1MiB', sync: '5ms' } },
  dead_letter: { file: `${root}/letters.ndjson` },
});

/** Its line is with the system when this returns. */
export const tell = (event: Event): void => void writeSync(1, `${JSON.stringify(event)}\n`);

/** The library that sees the calls looks out for this path. */
export function enter(phase: Phase): void {
  existsSync(`/faults/phase/${phase}`);
  process.stderr.write(`-- ${phase}\n`);
}
