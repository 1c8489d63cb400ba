/**
 * The spans of a producer's messages, on the application's thread. Only recorded spans are kept, by the number of their message.
 *
 *     begin ──> headers packed ──> accepted ──────────────> settled          the span `send <topic>`
 *                                     │
 *                                     └─> on disk only      settled          a second span with the first as its parent, because
 *                                                    (or after a restart)    only the record still has the context
 */

import { type DefaultTopics, packedIn } from '../../shared/memory/record.ts';
import type { Message } from '../../shared/message/message.ts';
import type { ReportMessage } from '../../shared/protocol.ts';
import type { Outcome } from '../settlement/accounting.ts';
import { type Destination, errorType, OPERATION, tableOfEnvironment } from './attributes.ts';
import { boundOfHeader, carrierOf, isCarried, SETTER } from './carrier.ts';
import type { Guard } from './guard.ts';
import {
  type Attributes,
  type Carrier,
  isRegistered,
  type OpenTelemetryApi,
  type Span,
  type Tracer,
  tracerOf,
} from './opentelemetry.ts';
import { contextIn, Sending, type SendingContext, type SpanStart } from './sending.ts';

/** Size in bytes of a packed `traceparent`, which a message gets even where no span is active yet. */
const TRACEPARENT_BYTES = boundOfHeader('traceparent', '0'.repeat(55));

/** Maximum number of spans that have not ended. One takes some kB, which the bounds of the queue do not count. */
const MOST_LIVE = 10_000;

/** What all spans to one topic have in common. The SDK copies the attributes. */
interface Names {
  readonly topic: string;
  readonly isError: boolean;
  readonly name: string;
  readonly attributes: Attributes;
}

export interface TracingContext {
  readonly api: OpenTelemetryApi;
  readonly destination: Destination;
  /** The producer's name. */
  readonly producer: string;
  readonly topics: DefaultTopics;
  readonly guard: Guard;
}

/** A message with its final state. */
export interface Ended {
  readonly sequence: number;
  readonly outcome: Outcome;
  readonly id: string;
  readonly error?: Error | undefined;
  readonly worker?: ReportMessage | undefined;
}

export class Tracing {
  readonly #context: TracingContext;
  readonly #tracer: Tracer;
  readonly #table = tableOfEnvironment();
  /** Recorded spans by the number of their message, which is in the queue's memory. */
  readonly #live = new Map<number, Span>();
  readonly #guard: Guard;
  readonly #sending: SendingContext;
  #names: Names | undefined;
  #isRegistered = false;

  constructor(context: TracingContext) {
    const { api, topics } = context;
    this.#context = context;
    this.#guard = context.guard;
    this.#tracer = tracerOf(api);
    this.#sending = {
      api,
      start: (start) => this.#start(start),
      topicOf: (isError) => (isError ? topics.errorTopic : topics.topic),
      guard: this.#guard,
    };
  }

  /**
   * Begins in the call that produces the message, where the caller's context is active. Returns undefined while no SDK is registered. One
   * that is registered later counts from then on.
   */
  begin(isError: boolean): Sending | undefined {
    if (!this.#isRegistered) this.#guard.run(() => this.#checkRegistration());
    return this.#isRegistered ? new Sending(this.#sending, isError) : undefined;
  }

  #checkRegistration(): void {
    this.#isRegistered = isRegistered(this.#context.api);
  }

  #start({ topic, isError, kind, links, parent }: SpanStart, startTime?: number): Span {
    const { name, attributes } = this.#namesOf(topic, isError);
    const options = { kind, attributes, links, ...(startTime !== undefined && { startTime }) };
    return this.#tracer.startSpan(name, options, parent);
  }

  /** Returns the name and the first attributes of a span. Those of the last topic are kept, because most messages share it. */
  #namesOf(topic: string, isError: boolean): Names {
    if (this.#names?.topic === topic && this.#names.isError === isError) return this.#names;
    const { destination, producer } = this.#context;
    const target = destination.name?.(topic, isError) ?? topic;
    const attributes = this.#table.start(destination, producer, target);
    this.#names = { topic, isError, name: `${OPERATION} ${target}`, attributes };
    return this.#names;
  }

  /** The message has its number now, or was dropped at once. */
  accepted(accepted: { readonly sequence: number } | 'dropped', sending: Sending): void {
    const span = sending.recorded;
    if (span === undefined) return;
    this.#guard.run(() => span.setAttributes({ 'messaging.message.body.size': sending.bodySize }));
    if (accepted === 'dropped') this.#guard.run(() => this.#end(span, { outcome: 'dropped', id: '' }));
    else if (this.#live.size < MOST_LIVE) this.#live.set(accepted.sequence, span);
    else this.#guard.run(() => this.#endEarly(span, 'queued'));
  }

  /** The message was not accepted. */
  refused(sending: Sending, error: Error): void {
    const span = sending.recorded;
    if (span === undefined) return;
    this.#guard.run(() => {
      span.setAttributes({ 'outspool.outcome': 'refused', 'error.type': errorType('refused', error) ?? 'refused' });
      this.#fail(span, error.message);
      span.end();
    });
  }

  /** Whether the message has a span, so that its broker's report is of use. */
  has(sequence: number): boolean {
    return this.#live.size > 0 && this.#live.has(sequence);
  }

  /** Whether a span ends with the message. One that was on disk only has its context in the record. */
  ends({ sequence, worker }: Pick<Ended, 'sequence' | 'worker'>): boolean {
    return this.has(sequence) || worker?.record !== undefined;
  }

  /** The memory of the message was given back. Its span ends, so that spans are bounded in an outage. */
  onDiskOnly(sequence: number): void {
    const span = this.#take(sequence);
    if (span === undefined) return;
    this.#guard.run(() => this.#endEarly(span, 'on_disk_only'));
  }

  #endEarly(span: Span, outcome: string): void {
    span.setAttributes({ 'outspool.outcome': outcome });
    span.end();
  }

  /** Ends the span of a message. One without a span gets one from its record, if that carries a context. */
  settled(ended: Ended, acceptedMs?: number): void {
    const span = this.#take(ended.sequence);
    if (span !== undefined) this.#guard.run(() => this.#end(span, ended));
    else if (ended.worker?.record !== undefined) this.#late(ended.worker.record, ended, acceptedMs);
  }

  /** Makes the span of a message that was on disk only, which may be from an earlier run. */
  #late(record: Uint8Array, ended: Ended, startTime: number | undefined): void {
    const { api, topics } = this.#context;
    this.#guard.run(() => {
      const { records, offset } = packedIn(record);
      const { topic, isError, headers, value } = records.decode(offset, topics);
      const carried = contextIn(api, carrierOf(headers));
      if (carried === undefined) return;
      const links = [{ context: carried.span }];
      const start = { topic, isError, kind: api.SpanKind.CLIENT, links, parent: carried.context };
      const span = this.#start(start, startTime);
      span.setAttributes({ 'messaging.message.body.size': value?.length ?? 0 });
      this.#end(span, ended);
    });
  }

  #end(span: Span, { outcome, id, error, worker }: Omit<Ended, 'sequence'>): void {
    const attributes = this.#table.end(outcome, worker, worker?.id ?? id, error);
    span.setAttributes(attributes);
    if (attributes['error.type'] !== undefined) this.#fail(span, error?.message ?? `message ${outcome}`);
    span.end();
  }

  #fail(span: Span, message: string): void {
    span.setStatus({ code: this.#context.api.SpanStatusCode.ERROR, message });
  }

  #take(sequence: number): Span | undefined {
    if (this.#live.size === 0) return undefined;
    const span = this.#live.get(sequence);
    if (span !== undefined) this.#live.delete(sequence);
    return span;
  }

  /** Runs `call` with the context that the message carries, because the active context is that of another message. */
  within<T>({ headers }: Message, call: () => T): T {
    const { api } = this.#context;
    let context = api.ROOT_CONTEXT;
    this.#guard.run(() => {
      context = contextIn(api, carrierOf(headers))?.context ?? context;
    });
    let isCalled = false;
    const once = () => {
      isCalled = true;
      return call();
    };
    try {
      return api.context.with(context, once);
    } catch (error) {
      if (isCalled) throw error;
      this.#guard.failed(error);
      return call();
    }
  }

  /** Upper bound of the bytes that a message which is produced now gets in addition. */
  get addedBytes(): number {
    const { api } = this.#context;
    let bytes = 0;
    this.#guard.run(() => {
      if (!isRegistered(api)) return;
      bytes = TRACEPARENT_BYTES;
      const added: Carrier = [];
      api.propagation.inject(api.context.active(), added, SETTER);
      for (const [name, value] of added.filter(isCarried)) bytes += boundOfHeader(name, value);
    });
    return bytes;
  }
}
