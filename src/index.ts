/** Everything that the package exports. All of it is stable within a major version. */

import './shared/modules/not-bundled.ts'; // comes first: in a bundle, the modules below fail with errors that explain less

export {
  BaseProducer,
  type ProduceOptions,
  type PublishOptions,
} from './caller/base-producer.ts';
export type {
  CheckContext,
  CheckLayer,
  CheckLayerName,
  CheckOptions,
  CheckPlan,
  CheckReport,
  CheckStep,
  LayerFinding,
} from './caller/check/check.ts';
export type { DeadLetter, DeadLetterTarget, ReasonClass } from './caller/dead-letters/dead-letter.ts';
export { type DeadLetterFileOptions, deadLetterFile } from './caller/dead-letters/letter-file.ts';
export type { LoopTimes } from './caller/link/loop-times.ts';
export type { AcceptedEvent, AttemptEvent, ConnectionEvent, SettledEvent } from './caller/metrics/channels.ts';
export type { MetricsOptions } from './caller/metrics/options.ts';
export type { MetricClass, MetricConfiguration, PromClient, PromRegistry } from './caller/metrics/prom-client.ts';
export type { PendingByPlace } from './caller/pending.ts';
export type { ProducerOptions } from './caller/producer-options.ts';
export type { Outcome, ShutdownOutcome } from './caller/settlement/accounting.ts';
export type { LatencyHistogram } from './caller/settlement/latency.ts';
export type { DeliveryReport } from './caller/settlement/report.ts';
export type { SettledListener } from './caller/settlement/settlement.ts';
export type { AttemptCounts, Stats, Usage } from './caller/stats.ts';
export type { Destination } from './caller/telemetry/attributes.ts';
export type { OpenTelemetryModule, TelemetryOptions } from './caller/telemetry/options.ts';
export type { CallerWaitOptions as WaitOptions, DurationInput } from './caller/wait-options.ts';
export { BaseProducerConfig } from './config/schema/base.ts';
export { secret } from './config/secrets/secret-mark.ts';
export { FileProducer } from './kinds/file/file-producer.ts';
export { FileProducerConfig } from './kinds/file/schema.ts';
export { HttpProducer } from './kinds/http/http-producer.ts';
export { HttpProducerConfig } from './kinds/http/schema.ts';
export { KafkaProducer } from './kinds/kafka/kafka-producer.ts';
export { KafkaProducerConfig } from './kinds/kafka/schema.ts';
export { MemoryProducer } from './kinds/memory/memory-producer.ts';
export { MemoryProducerConfig } from './kinds/memory/schema.ts';
export { RabbitmqProducer } from './kinds/rabbitmq/rabbitmq-producer.ts';
export { RabbitmqProducerConfig } from './kinds/rabbitmq/schema.ts';
export { StdoutProducerConfig } from './kinds/stdout/schema.ts';
export { StdoutProducer } from './kinds/stdout/stdout-producer.ts';
export type { Handler as OperationsHandler, HandlerOptions as OperationsHandlerOptions } from './operations/handler.ts';
export type { RouteCounts } from './routing/router.ts';
export { type AnyProducer, ProducerRuntime, type RuntimeOptions, type RuntimeStats } from './runtime.ts';
export type { Throttled } from './shared/back-pressure.ts';
export type { BlockedBy, Blocker } from './shared/blocked.ts';
export type { BrokerStatistics, ClientStatistics } from './shared/client-statistics.ts';
export {
  type Condemned,
  ConfigError,
  type ConfigIssue,
  ConnectError,
  DeliveryTimeoutError,
  InvalidMessageError,
  OutputClosedError,
  OutspoolError,
  PermanentSendError,
  ProducerClosedError,
  ProducerFencedError,
  PublishError,
  type PublishOutcome,
  QueueFullError,
  RouteError,
  ShutdownTimeoutError,
  SpoolError,
  SpoolFullError,
  SpoolLockedError,
  SpoolWriteError,
  type TargetOutcome,
  TransientSendError,
  UnroutedError,
  WorkerCrashedError,
} from './shared/errors.ts';
export type { ConnectionState, ProducerState } from './shared/lifecycle.ts';
export type { Logger, LogMethod } from './shared/log/logger.ts';
export {
  type Headers,
  type HeaderValue,
  type Jsonable,
  type JsonValue,
  Message,
  type MessageInput,
  type MessageOf,
  type Sendable,
} from './shared/message/message.ts';
export type { JsonBytes, MessageLine, MessageParts } from './shared/message/message-json.ts';
export type { FailedAttempt } from './shared/protocol.ts';
export type { Batch, BrokerReport, Transport } from './shared/transport.ts';
export type { WireError } from './shared/wire-error.ts';
