/** The states of a producer and of its connection, each as a table of the allowed moves. */

import { OutspoolError } from './errors.ts';

type Table<S extends string> = { readonly [state in S]: readonly S[] };

export type ProducerState = 'created' | 'starting' | 'ready' | 'draining' | 'failed' | 'closed';

export const PRODUCER_STATES: Table<ProducerState> = {
  created: ['starting', 'draining'],
  starting: ['ready', 'failed', 'draining'],
  ready: ['draining', 'failed'],
  draining: ['closed'],
  failed: ['closed'],
  closed: [],
};

export type ConnectionState =
  | 'disconnected'
  | 'connecting'
  | 'connected'
  | 'resetting'
  | 'backing_off'
  | 'closing'
  | 'closed';

export const CONNECTION_STATES: Table<ConnectionState> = {
  disconnected: ['connecting', 'backing_off', 'closing'],
  connecting: ['connected', 'disconnected', 'backing_off', 'closing'],
  connected: ['resetting', 'closing'],
  resetting: ['backing_off', 'closing'],
  backing_off: ['connecting', 'closing'],
  closing: ['closed'],
  closed: [],
};

/** Holds a state and refuses the moves that its table does not list. */
export class StateMachine<S extends string> {
  readonly #table: Table<S>;
  readonly #onChange: (to: S, from: S) => void;
  #state: S;

  constructor(table: Table<S>, initial: S, onChange: (to: S, from: S) => void = () => {}) {
    this.#table = table;
    this.#state = initial;
    this.#onChange = onChange;
  }

  get state(): S {
    return this.#state;
  }

  is(...states: readonly S[]): boolean {
    return states.includes(this.#state);
  }

  /** Moves to `to`. @throws OutspoolError when the table has no such move */
  transition(to: S): void {
    const from = this.#state;
    if (!this.#table[from].includes(to)) throw new OutspoolError(`illegal transition ${from} -> ${to}`);
    this.#state = to;
    this.#onChange(to, from);
  }
}
