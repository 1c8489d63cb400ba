/** How long operations took, by the semantic conventions. */

import { type Destination, tableOfEnvironment } from './attributes.ts';
import type { Guard } from './guard.ts';
import { type Attributes, type Histogram, meterOf, type OpenTelemetryApi } from './opentelemetry.ts';

/** Upper bounds of the conventions, in seconds. */
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const MS = 1000;

interface Named {
  /** The producer's name. */
  readonly producer: string;
  readonly guard: Guard;
}

export class Durations {
  readonly #guard: Guard;
  readonly #histogram: Histogram;
  readonly #attributes: ReturnType<ReturnType<typeof tableOfEnvironment>['metric']>;

  constructor(api: OpenTelemetryApi, destination: Destination, { producer, guard }: Named) {
    this.#guard = guard;
    this.#attributes = tableOfEnvironment().metric(destination, producer);
    this.#histogram = meterOf(api).createHistogram('messaging.client.operation.duration', {
      description: 'Duration of messaging operation initiated by a producer or consumer client.',
      unit: 's',
      advice: { explicitBucketBoundaries: BOUNDS_S },
    });
  }

  /** Messages were delivered together, the first one `ms` after it was accepted. They are one operation. */
  delivered(ms: number): void {
    this.#record(ms, this.#attributes);
  }

  /** A message was dead-lettered `ms` after it was accepted. */
  failed(ms: number, errorType: string): void {
    this.#record(ms, { ...this.#attributes, 'error.type': errorType });
  }

  #record(ms: number, attributes: Attributes): void {
    try {
      this.#histogram.record(ms / MS, attributes);
    } catch (error) {
      this.#guard.failed(error);
    }
  }
}
