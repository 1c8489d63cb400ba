/** What a fuzzer needs of each protocol: the side of it that sends mutated bytes, and the process that must live through them. */

import type { Random } from '../chaos/random.ts';

/** The other side of a process under test, for one round. */
export interface Peer {
  /** What the process is told, as its argument. */
  readonly settings: object;
  /** How often bytes were mutated so far. */
  readonly mutations: number;
  /** Sends mutated bytes until `signal` is aborted. `port` is what the process listens at, where it does. */
  run(signal: AbortSignal, port: number): Promise<void>;
  stop(): Promise<void>;
  /** Names a fault of a library that may end the process in this round, and that is known; other ends are findings. */
  known?(ending: string): string | undefined;
}

export interface Wire {
  readonly name: string;
  /** The script of the process under test, in `processes`. */
  readonly process: string;
  peer(random: Random): Promise<Peer>;
}

/** What the process under test prints at its end. */
export interface Account {
  /** How long the shutdown took. */
  readonly shutdownMs: number;
  /** What does not add up in its counters. */
  readonly wrong: readonly string[];
  readonly rssMiB: number;
  /** Counters, for whoever reads the log. */
  readonly counts: Readonly<Record<string, number>>;
}
