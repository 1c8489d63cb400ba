/** Defines where sources pass their messages, and which outcomes they learn. */

import {
  InvalidMessageError,
  ProducerClosedError,
  PublishError,
  type PublishOutcome,
  QueueFullError,
  RouteError,
  type TargetOutcome,
  UnroutedError,
} from '../shared/errors.ts';
import type { MessageInput } from '../shared/message/message.ts';
import type { LineMessage } from './lines/envelope.ts';

export interface HandOptions {
  readonly isError: boolean;
  /** Maximum wait in ms, or Infinity. */
  readonly timeout: number;
}

/** The producers, or the routes in front of them. */
export interface Sink {
  /** Resolves when the message is in the queue, and with a spool on disk. */
  enqueue(message: MessageInput, options: HandOptions): Promise<unknown>;
  /** Resolves when the message has been delivered. */
  send(message: MessageInput, options: HandOptions): Promise<unknown>;
  /** Whether there is capacity for a message now, below the high-water mark. */
  hasRoom(line: LineMessage): Promise<boolean>;
}

/** When a message counts as safe: in the queue, in the spool, or delivered. */
export type Acknowledge = 'queued' | 'stored' | 'delivered';

/** Why a message was not accepted: no capacity, producers that have ended, or a message that no producer takes. */
type Refusal = 'full' | 'closed' | 'invalid';

/** Outcome of a message, as far as it is known. */
export type Outcome = Acknowledge | PublishOutcome | Refusal;

/** `isSettled` means that the source need not pass the message again. `isAccepted` means that a producer has had it. */
interface Meaning {
  readonly isAccepted: boolean;
  readonly isSettled: boolean;
}

const SETTLED: Meaning = { isAccepted: true, isSettled: true };
const OPEN: Meaning = { isAccepted: true, isSettled: false };
const REFUSED: Meaning = { isAccepted: false, isSettled: false };

/** Outcomes, the worst first. With several targets a message has the worst outcome of them. */
export const MEANING: Readonly<Record<Outcome, Meaning>> = {
  invalid: REFUSED,
  unknown: OPEN,
  undelivered: OPEN,
  withdrawn: OPEN,
  closed: REFUSED,
  full: REFUSED,
  dropped: SETTLED,
  dead_lettered: SETTLED,
  spooled: SETTLED,
  queued: SETTLED,
  stored: SETTLED,
  delivered: SETTLED,
};

const WORST_FIRST = Object.keys(MEANING) as Outcome[];

/** Returns the worst outcome, or `delivered` where there are none. */
export const worstOf = (outcomes: ReadonlySet<Outcome>): Outcome =>
  WORST_FIRST.find((outcome) => outcomes.has(outcome)) ?? 'delivered';

/** Outcome of one message. `error` is set where the wanted outcome was not reached. */
export interface Handed {
  readonly outcome: Outcome;
  readonly error?: unknown;
}

/** Passes messages on until they are as safe as the source wants them. */
export class Delivery {
  readonly #sink: Sink;
  readonly #wanted: Acknowledge;
  readonly #safe: Handed;

  constructor(sink: Sink, wanted: Acknowledge) {
    this.#sink = sink;
    this.#wanted = wanted;
    this.#safe = { outcome: wanted };
  }

  hasRoom(line: LineMessage): Promise<boolean> {
    return this.#sink.hasRoom(line);
  }

  /** Passes a message on, and never rejects. The message is accepted in the same turn if there is capacity. */
  hand({ message, isError }: LineMessage, timeout: number): Promise<Handed> {
    const options = { isError, timeout };
    // Not async, which saves a promise for each message.
    const given =
      this.#wanted === 'delivered' ? this.#sink.send(message, options) : this.#sink.enqueue(message, options);
    return given.then(() => this.#safe, failed);
  }
}

const failed = (error: unknown): Handed => ({ outcome: outcomeOf(error), error });

function outcomeOf(error: unknown): Outcome {
  if (error instanceof RouteError) return worstOf(new Set(error.targets.map(targetOutcome)));
  if (error instanceof PublishError) return error.outcome;
  if (error instanceof QueueFullError) return 'full';
  if (error instanceof ProducerClosedError) return 'closed';
  return error instanceof InvalidMessageError || error instanceof UnroutedError ? 'invalid' : 'unknown';
}

function targetOutcome({ outcome, error }: TargetOutcome): Outcome {
  if (outcome === 'refused') return outcomeOf(error);
  return outcome === 'accepted' ? 'queued' : outcome;
}
