/** What the package offers. Everything here is stable within a major version. */

import './not-bundled.ts'; // before all else: what is below fails in ways that say less

export type { Throttled } from './back-pressure.ts';
export {
  BaseProducer,
  type ProduceOptions,
  type PublishOptions,
} from './base-producer.ts';
export type { BlockedBy, Blocker } from './blocked.ts';
export { BaseProducerConfig } from './config/base.ts';
export { FileProducerConfig } from './config/file-kind.ts';
export { HttpProducerConfig } from './config/http.ts';
export { KafkaProducerConfig } from './config/kafka.ts';
export { MemoryProducerConfig } from './config/memory-kind.ts';
export { RabbitmqProducerConfig } from './config/rabbitmq.ts';
export { secret } from './config/secret-mark.ts';
export { StdoutProducerConfig } from './config/stdout-kind.ts';
export type { ShutdownOutcome } from './engine/accounting.ts';
export type { CheckLayer, CheckLayerName, CheckOptions, CheckReport } from './engine/check.ts';
export type { DeadLetter, DeadLetterTarget, ReasonClass } from './engine/dead-letter.ts';
export { type DeadLetterFileOptions, deadLetterFile } from './engine/letters/letter-file.ts';
export type { ProducerOptions } from './engine/producer-options.ts';
export type { DeliveryReport } from './engine/report.ts';
export type { SettledListener } from './engine/settlement.ts';
export type { Stats } from './engine/stats.ts';
export type { CallerWaitOptions as WaitOptions, DurationInput } from './engine/wait-options.ts';
export {
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
} from './errors.ts';
export type { Logger } from './logger.ts';
export {
  type Headers,
  type HeaderValue,
  type Jsonable,
  type JsonValue,
  Message,
  type MessageInput,
  type MessageOf,
  type Sendable,
} from './message.ts';
export type { JsonBytes, MessageLine } from './message-line.ts';
export { FileProducer } from './producers/file/file-producer.ts';
export { HttpProducer } from './producers/http/http-producer.ts';
export { KafkaProducer } from './producers/kafka/kafka-producer.ts';
export { MemoryProducer } from './producers/memory/memory-producer.ts';
export { RabbitmqProducer } from './producers/rabbitmq/rabbitmq-producer.ts';
export { StdoutProducer } from './producers/stdout/stdout-producer.ts';
export type { RouteCounts } from './routing/router.ts';
export { ProducerRuntime, type RuntimeOptions, type RuntimeStats } from './runtime.ts';
export type { Batch, BrokerReport, Transport } from './transport.ts';
