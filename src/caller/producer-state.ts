/** The state of a producer: its life cycle, its connection, and its last error. */

import type { Throttled } from '../shared/back-pressure.ts';
import type { ClientStatistics } from '../shared/client-statistics.ts';
import { ProducerClosedError } from '../shared/errors.ts';
import { type ConnectionState, PRODUCER_STATES, type ProducerState, StateMachine } from '../shared/lifecycle.ts';
import type { WaitOptions } from '../shared/util/wait.ts';
import { StartWaits } from './start-waiters.ts';

export class Life {
  readonly #name: string;
  readonly #states = new StateMachine<ProducerState>(PRODUCER_STATES, 'created');
  readonly #starts: StartWaits;
  #connection: ConnectionState = 'disconnected';
  #connectionSince = Date.now();
  #lastError: Error | undefined;
  #throttled: Throttled | undefined;
  #statistics: ClientStatistics | undefined;
  #pausedUntil: number | null = null;

  constructor(name: string) {
    this.#name = name;
    this.#starts = new StartWaits(name, () => this.#lastError);
  }

  get state(): ProducerState {
    return this.#states.state;
  }

  is(...states: readonly ProducerState[]): boolean {
    return this.#states.is(...states);
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  /** When the connection got into its state, in ms since 1970. */
  get connectionSince(): number {
    return this.#connectionSince;
  }

  get isConnected(): boolean {
    return this.#connection === 'connected';
  }

  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Why the producer has failed; undefined while it has not. */
  get failure(): Error | undefined {
    return this.is('failed') ? this.#lastError : undefined;
  }

  /** @throws ProducerClosedError if no message is accepted any more */
  assertOpen(): void {
    if (this.is('starting', 'ready')) return;
    const why = this.is('failed') && this.#lastError ? `: ${this.#lastError.message}` : '';
    throw new ProducerClosedError(`producer ${this.#name} is ${this.state}${why}`, { cause: this.#lastError });
  }

  start(): void {
    this.#states.transition('starting');
  }

  /** Resolves once connected. @throws ConnectError, ConfigError */
  untilConnected(options: WaitOptions): Promise<void> {
    return this.#starts.until(options);
  }

  connectionChanged(state: ConnectionState, error: Error | undefined): void {
    this.#enter(state);
    this.#lastError = state === 'connected' ? undefined : (error ?? this.#lastError);
    if (state === 'connected' && this.is('starting')) this.#states.transition('ready');
    if (state === 'connected') this.#starts.connected();
    if (state === 'backing_off') this.#starts.backingOff();
  }

  #enter(state: ConnectionState): void {
    if (state !== this.#connection) this.#connectionSince = Date.now();
    this.#connection = state;
  }

  /** Why no message is sent although there is a connection. */
  get throttledBy(): Throttled | undefined {
    return this.#throttled;
  }

  throttled(throttled: Throttled | undefined): void {
    this.#throttled = throttled;
  }

  /** The client's own statistics; undefined while there are none. */
  get statistics(): ClientStatistics | undefined {
    return this.#statistics;
  }

  reported(statistics: ClientStatistics | undefined): void {
    this.#statistics = statistics;
  }

  /** When the pause before the next attempt ends, in ms since 1970; null while there is none. */
  get pausedUntil(): number | null {
    return this.#pausedUntil;
  }

  /** A pause of `ms` begins; 0 means that the pause is over. */
  paused(ms: number): void {
    this.#pausedUntil = ms > 0 ? Date.now() + ms : null;
  }

  attemptFailed(error: Error): void {
    this.#lastError = error;
  }

  /** Clears the last error, because messages are delivered again. */
  delivered(): void {
    if (this.isConnected) this.#lastError = undefined;
  }

  /** The producer has failed and cannot go on. */
  failed(error: Error): void {
    this.#lastError = error;
    if (this.is('starting', 'ready')) this.#states.transition('failed');
    this.#starts.fail(error);
  }

  /** The producer is being shut down. */
  draining(error: ProducerClosedError): void {
    if (!this.is('failed')) this.#states.transition('draining');
    this.#starts.fail(error);
  }

  closed(): void {
    this.#states.transition('closed');
    this.#enter('closed');
    this.#throttled = undefined;
    this.#statistics = undefined;
    this.#pausedUntil = null;
  }
}
