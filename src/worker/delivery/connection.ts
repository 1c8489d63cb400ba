/** Connects with a deadline, resets and closes the connection. Connection failures are reported here and count against no message. */

import { errorText } from '../../shared/error-text.ts';
import { asError, ConnectError } from '../../shared/errors.ts';
import { CONNECTION_STATES, type ConnectionState, StateMachine } from '../../shared/lifecycle.ts';
import type { Transport } from '../../shared/transport.ts';
import type { Clock } from '../../shared/util/clock.ts';
import { within } from '../../shared/util/within.ts';
import type { DeliveryEvents } from './events.ts';

/** Maximum time in ms for `_close`. The loop goes on without a `_close` that takes longer. */
const CLOSE_TIMEOUT_MS = 5000;

const SHUT_DOWN = 'the producer was shut down before it was connected';

export interface ConnectionContext {
  readonly transport: Transport;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly events: DeliveryEvents;
  /** Aborted when the loop stops. */
  readonly stop: AbortSignal;
}

export class Connection {
  readonly #context: ConnectionContext;
  readonly #states: StateMachine<ConnectionState>;
  #lastError: Error | undefined;

  constructor(context: ConnectionContext) {
    this.#context = context;
    this.#states = new StateMachine<ConnectionState>(CONNECTION_STATES, 'disconnected', (state) =>
      context.events.connection(state, this.#lastError),
    );
  }

  get state(): ConnectionState {
    return this.#states.state;
  }

  /** Makes one attempt to connect. Returns why it failed, or undefined once connected. */
  async open(): Promise<Error | undefined> {
    this.#states.transition('connecting');
    return this.#concludeOpen(await this.#safeConnect());
  }

  #concludeOpen(error: Error | undefined): Error | undefined {
    this.#lastError = error;
    this.#states.transition(error === undefined ? 'connected' : 'disconnected');
    return error;
  }

  /**
   * Calls `_close` and `_connect`, then waits for `pause`. It connects before the pause, so that the log tells at once whether
   * the server is back. If connecting fails, the loop tries again after the pause. `reason` is reported as the error of the
   * connection meanwhile.
   */
  async reset(reason: Error, pause: () => Promise<void>): Promise<void> {
    this.#lastError = reason;
    this.#states.transition('resetting');
    await this.#safeClose();
    const error = await this.#safeConnect();
    this.#lastError = error ?? reason;
    await this.backOff(pause);
    if (error !== undefined || this.#context.stop.aborted) return;
    this.#states.transition('connecting');
    this.#concludeOpen(undefined);
  }

  /** Waits for `pause` in the state `backing_off`. Nothing is attempted meanwhile. */
  async backOff(pause: () => Promise<void>): Promise<void> {
    this.#states.transition('backing_off');
    await pause();
  }

  /** Closes for good. */
  async close(): Promise<void> {
    this.#states.transition('closing');
    await this.#safeClose();
    this.#states.transition('closed');
  }

  /**
   * Calls `_connect` with its deadline. After a failure or a timeout it calls `_close`, which releases what the failed connect
   * left behind.
   */
  async #safeConnect(): Promise<Error | undefined> {
    const { transport, connectTimeoutMs, clock, stop } = this.#context;
    if (stop.aborted) return new ConnectError(SHUT_DOWN);
    const attempt = new AbortController();
    try {
      const connecting = Promise.resolve().then(() => transport._connect(attempt.signal));
      if ((await within(connecting, connectTimeoutMs, { clock, stop })) === 'done') return undefined;
      throw new ConnectError(stop.aborted ? SHUT_DOWN : `no connection within ${connectTimeoutMs} ms`);
    } catch (error) {
      attempt.abort();
      await this.#safeClose();
      return asError(error);
    }
  }

  async #safeClose(): Promise<void> {
    const { transport, clock, events } = this.#context;
    try {
      const closing = Promise.resolve().then(() => transport._close());
      if ((await within(closing, CLOSE_TIMEOUT_MS, { clock })) === 'done') return;
      events.log('warn', { timeoutMs: CLOSE_TIMEOUT_MS }, 'closing the connection took too long and was left behind');
    } catch (error) {
      events.log('warn', { err: errorText(error) }, 'closing the connection failed');
    }
  }
}
