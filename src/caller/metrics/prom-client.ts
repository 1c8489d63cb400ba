/** The parts of prom-client that are used. The caller passes it in, so that this package neither depends on it nor loads it. */

/** One value of a metric, as prom-client prints it. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The name of the series, where it is not that of the metric: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
}

/** What a class of prom-client makes a metric from. */
export interface MetricConfiguration {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: never[];
  /** How prom-client joins the values of several processes of a cluster. */
  readonly aggregator: 'sum' | 'max' | 'min';
  /** Upper bounds of a histogram. */
  readonly buckets?: number[];
}

/** A class of prom-client. */
export type MetricClass = new (configuration: MetricConfiguration) => object;

/** `Registry` of prom-client. */
export interface PromRegistry {
  registerMetric(metric: object): void;
  getSingleMetric(name: string): unknown;
}

/** The module prom-client. */
export interface PromClient {
  readonly register: PromRegistry;
  readonly Counter: MetricClass;
  readonly Gauge: MetricClass;
  readonly Histogram: MetricClass;
}
