/**
 * Types for the part of node-rdkafka that is used here. They are our own declarations, because that package compiles a library
 * when it is installed. Without a compiler it is missing, and this package must still build and have readable types.
 */

export interface BindingError {
  readonly message: string;
  readonly code: number;
}

export interface BindingMetadata {
  readonly topics: readonly TopicMetadata[];
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
}

interface TopicMetadata {
  readonly name: string;
  readonly partitions: readonly { readonly id: number; readonly leader: number }[];
}

export interface BindingReport {
  readonly opaque?: number;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp?: number;
}

/** Fields that have no type in node-rdkafka are `unknown` here. */
interface Listening {
  (event: 'ready', listener: () => void): unknown;
  (event: 'delivery-report', listener: (error: BindingError | null, report: BindingReport) => void): unknown;
  (event: 'event.error', listener: (error: BindingError) => void): unknown;
  (event: 'event.log', listener: (event: LogEvent) => void): unknown;
  (event: 'event.stats', listener: (event: Pick<LogEvent, 'message'>) => void): unknown;
  (event: 'event.throttle', listener: (event: { brokerName: unknown; throttleTime: number }) => void): unknown;
}

interface LogEvent {
  readonly severity: number;
  readonly fac: string;
  readonly message: unknown;
}

interface BindingClient {
  readonly on: Listening;
  readonly once: Listening;
  connect(options: { readonly timeout: number }, done: (error: BindingError | null) => void): unknown;
  disconnect(done?: () => void): unknown;
  disconnect(timeoutMs: number, done?: () => void): unknown;
  getMetadata(
    options: { readonly topic: string; readonly timeout: number },
    done: (error: BindingError | null, metadata: BindingMetadata) => void,
  ): void;
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    done: (error: BindingError | null, offsets?: { readonly lowOffset: number; readonly highOffset: number }) => void,
  ): void;
}

export interface BindingProducer extends BindingClient {
  poll(): unknown;
  produce(
    topic: string,
    partition: number | null,
    value: Buffer | null,
    key: Buffer | null,
    timestamp: number | null,
    opaque: number,
    headers?: Record<string, string>[],
  ): unknown;
}

type Properties = Record<string, string | number | boolean>;

export interface NodeRdkafka {
  readonly Producer: new (properties: Properties, topicProperties: Properties) => BindingProducer;
}
