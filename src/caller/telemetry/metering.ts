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
}

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
  add({ producer, destination, snapshot }: Metered): () => void {
    const last = lastSnapshot(snapshot);
    this.#producers.set(producer, {
      own: { 'outspool.producer': producer, 'outspool.kind': destination.system },
      conventional: this.#table.metric(destination, producer),
      snapshot: last,
    });
    return last;
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

const observable = (meter: Meter, { name, description, unit, isCounter }: Instrument): Observable =>
  isCounter
    ? meter.createObservableCounter(name, { description, unit })
    : meter.createObservableGauge(name, { description, unit });
