/** What `check()` finds out about a producer's way to its broker, layer by layer. */

import type { CallerWaitOptions } from '../wait-options.ts';

/**
 * From the bottom up. `producer` is there only when the producer itself has failed. `connect` stands for all that lies below a first message where the parts cannot be told apart: a
 * custom class, or a client that reports no more.
 */
export type CheckLayerName =
  | 'producer'
  | 'dns'
  | 'tcp'
  | 'tls'
  | 'connect'
  | 'sasl'
  | 'vhost'
  | 'topology'
  | 'metadata'
  | 'http'
  | 'authorisation'
  | 'round trip';

export interface CheckLayer {
  readonly layer: CheckLayerName;
  /** False for a layer that failed, and for one that was not reached. */
  readonly ok: boolean;
  /** False where an earlier layer had failed. */
  readonly reached: boolean;
  readonly durationMs: number;
  /** What was found, such as an address or an offset. */
  readonly note?: string;
  /** What does not fail the check and may be wrong all the same. */
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
  /** In order; after the first that failed come those that were not reached. */
  readonly layers: readonly CheckLayer[];
}

export interface CheckOptions extends CallerWaitOptions {
  /** The topic whose permissions are looked at, and where the round trip goes. @default the producer's */
  readonly topic?: string;
  /** Sends one message and waits for its acknowledgement. @default false */
  readonly roundTrip?: boolean;
}

/** What the steps of one check share. */
export interface CheckContext {
  readonly topic: string;
  /** The deadline, as `performance.now()` counts. */
  readonly end: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a step found. One with a `problem` has failed: at its own layer, or at a later one that it names. */
export type LayerFinding = Pick<CheckLayer, 'note' | 'warning' | 'problem' | 'advice' | 'setting'> & {
  readonly layer?: CheckLayerName;
};

/** A step of a check. */
export interface CheckStep {
  readonly layer: CheckLayerName;
  run(context: CheckContext): Promise<LayerFinding>;
}

/** The steps in order, and how to let go of what they have opened. */
export interface CheckPlan {
  readonly steps: readonly CheckStep[];
  close(): Promise<void>;
}
