/** The metrics of all producers through one OpenTelemetry API. Values are read when they are collected. */

import { lastSnapshot } from '../metrics/last-snapshot.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Destination, tableOfEnvironment } from './attributes.ts';
import { type Instrument, OWN, SENT } from './instruments.ts';
import {
  type Attributes,
  type Meter,
  meterOf,
  type Observable,
  type ObservableResult,
  type OpenTelemetryApi,
} from './opentelemetry.ts';

export interface Metered {
  /** The producer's name. */
  readonly producer: string;
  readonly destination: Destination;
  snapshot(): Snapshot;
  /** Another producer of this name is running, and is exported no more. */
  replaces(): void;
}

/** Maximum number of producers that have ended and are still exported. */
const MOST_ENDED = 1000;

interface Entry {
  readonly own: Attributes;
  readonly conventional: Attributes;
  snapshot(): Snapshot;
}

/** By the registered provider of meters. */
const meterings = new WeakMap<object, Metering>();

/** Returns the metrics of the registered provider, which all producers share. */
export function meteringOf(api: OpenTelemetryApi): Metering {
  const provider = api.metrics.getMeterProvider();
  const metering = meterings.get(provider) ?? new Metering(api);
  meterings.set(provider, metering);
  return metering;
}

export class Metering {
  readonly #table = tableOfEnvironment();
  /** By the producer's name. One that has ended keeps its last figures until another one of its name starts. */
  readonly #producers = new Map<string, Entry>();

  /** Number of producers at which those that have ended are looked for. */
  #lookAt = MOST_ENDED;

  constructor(api: OpenTelemetryApi) {
    const meter = meterOf(api);
    const observed = [SENT, ...OWN].map((instrument) => [instrument, observable(meter, instrument)] as const);
    meter.addBatchObservableCallback(
      (result) => this.#observe(result, observed),
      observed.map(([, metric]) => metric),
    );
  }

  /**
   * Exports the figures of a producer from now on. The returned function is to be called at its end, so that only its last figures are kept
   * and not its memory.
   */
  add({ producer, destination, snapshot, replaces }: Metered): () => void {
    const last = lastSnapshot(snapshot);
    const earlier = this.#producers.get(producer);
    if (earlier !== undefined && !hasEnded(earlier)) replaces();
    this.#producers.delete(producer); // so that the order is that of the starts
    this.#forgetEnded();
    this.#producers.set(producer, {
      own: { 'outspool.producer': producer, 'outspool.kind': destination.system },
      conventional: this.#table.metric(destination, producer),
      snapshot: last,
    });
    return last;
  }

  /** Forgets the oldest producers that have ended, so that an application which makes them for every job does not grow. */
  #forgetEnded(): void {
    if (this.#producers.size <= this.#lookAt) return;
    const ended = [...this.#producers].filter(([, entry]) => hasEnded(entry));
    for (const [name] of ended.slice(0, Math.max(0, ended.length - MOST_ENDED / 2))) this.#producers.delete(name);
    this.#lookAt = Math.max(MOST_ENDED, 2 * this.#producers.size);
  }

  /** All values that a producer has in one collection are of one snapshot, so that they add up. */
  #observe(result: ObservableResult, observed: readonly (readonly [Instrument, Observable])[]): void {
    for (const { own, conventional, snapshot } of this.#producers.values()) {
      const figures = snapshot();
      for (const [instrument, metric] of observed)
        for (const { value, attributes } of instrument.read(figures))
          result.observe(metric, value, { ...(instrument === SENT ? conventional : own), ...attributes });
    }
  }
}

const hasEnded = ({ snapshot }: Entry): boolean => snapshot().state === 'closed';

const observable = (meter: Meter, { name, description, unit, isCounter }: Instrument): Observable =>
  isCounter
    ? meter.createObservableCounter(name, { description, unit })
    : meter.createObservableGauge(name, { description, unit });
