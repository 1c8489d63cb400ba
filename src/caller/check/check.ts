/** Types of `check()`, which checks a producer's connection to its broker layer by layer, on the application's thread. */

import type { MessageInput } from '../../shared/message/message.ts';
import type { CallerWaitOptions } from '../wait-options.ts';

/**
 * The name of a layer, which the plan of each kind chooses: `dns`, `tcp`, `sasl`. `producer` means that the producer itself has failed. A
 * check of a class without a plan has the layer `connect`, and a round trip is the layer `round trip`.
 */
export type CheckLayerName = string;

export interface CheckLayer {
  readonly layer: CheckLayerName;
  /** False for a layer that failed, and for one that was not reached. */
  readonly ok: boolean;
  /** False if an earlier layer had failed. */
  readonly reached: boolean;
  readonly durationMs: number;
  /** What was found, such as an address or an offset. */
  readonly note?: string;
  /** A finding that does not fail the check but may be wrong. */
  readonly warning?: string;
  /** What is wrong. */
  readonly problem?: string;
  /** What to do about it. */
  readonly advice?: string;
  /** The setting to look at first. */
  readonly setting?: string;
}

export interface CheckReport {
  /** Whether every layer passed. */
  readonly ok: boolean;
  /** The layers in order. After the first that failed come those that were not reached. */
  readonly layers: readonly CheckLayer[];
}

export interface CheckOptions extends CallerWaitOptions {
  /** The topic whose permissions are checked, and the target of the round trip. @default the producer's topic */
  readonly topic?: string;
  /** Sends one message and waits for its acknowledgement. @default false */
  readonly roundTrip?: boolean;
}

/** Values that the steps of one check share. */
export interface CheckContext {
  readonly topic: string;
  /** The deadline in ms, on the clock of `performance.now()`. */
  readonly end: number;
  readonly signal?: AbortSignal | undefined;
}

/** The finding of a step. One with a `problem` has failed, at the step's own layer or at a later one that it names. */
export type LayerFinding = Pick<CheckLayer, 'note' | 'warning' | 'problem' | 'advice' | 'setting'> & {
  readonly layer?: CheckLayerName;
};

/** A step of a check. */
export interface CheckStep {
  readonly layer: CheckLayerName;
  run(context: CheckContext): Promise<LayerFinding>;
}

/** The steps in order, and a function that closes everything they have opened. */
export interface CheckPlan {
  readonly steps: readonly CheckStep[];
  close(): Promise<void>;
  /** Adds to the message of a round trip what the producer needs to address it. @default nothing */
  complete?(message: MessageInput): MessageInput;
}
