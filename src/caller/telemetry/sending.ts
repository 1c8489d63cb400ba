/** The span of one message, from the call that produces it. */

import type { HeaderInjector, InjectionInput } from '../../shared/memory/record-writer.ts';
import type { HeaderPair } from '../../shared/message/headers.ts';
import { carrierOf, GETTER, hasTraceparent, isCarried, SETTER } from './carrier.ts';
import type { Guard } from './guard.ts';
import type { Carrier, OpenTelemetryApi, Span, SpanContext, TraceContext } from './opentelemetry.ts';

export interface SpanStart {
  readonly topic: string;
  readonly isError: boolean;
  readonly kind: number;
  readonly links: { context: SpanContext }[];
  readonly parent: TraceContext;
}

export interface SendingContext {
  readonly api: OpenTelemetryApi;
  start(start: SpanStart): Span;
  /** Topics of a message that names none. */
  topicOf(isError: boolean): string;
  readonly guard: Pick<Guard, 'run' | 'failed'>;
}

const NONE: readonly HeaderPair[] = [];

export class Sending implements HeaderInjector {
  readonly #context: SendingContext;
  readonly #isError: boolean;
  #recorded: Span | undefined;
  #bodySize = 0;

  constructor(context: SendingContext, isError: boolean) {
    this.#context = context;
    this.#isError = isError;
  }

  /** The span, if it is recorded. */
  get recorded(): Span | undefined {
    return this.#recorded;
  }

  /** Size of the value in bytes. It is not measured where the span is not recorded. */
  get bodySize(): number {
    return this.#bodySize;
  }

  /** Starts the span. Returns the headers that carry its context. */
  inject(message: InjectionInput): readonly HeaderPair[] {
    let added = NONE;
    this.#context.guard.run(() => {
      added = this.#begin(message);
    });
    return added;
  }

  #begin({ topic, headers, valueSize }: InjectionInput): readonly HeaderPair[] {
    const { api, topicOf } = this.#context;
    const own = headers.length === 0 ? [] : carrierOf(headers);
    const active = api.context.active();
    const carried = own.length === 0 ? undefined : contextIn(api, own);
    const isKept = carried !== undefined || hasTraceparent(own);
    const isActive = validIn(api, active) !== undefined;
    const parent = isActive || carried === undefined ? active : carried.context;
    const span = this.#context.start({
      topic: topic === '' ? topicOf(this.#isError) : topic,
      isError: this.#isError,
      kind: isKept ? api.SpanKind.CLIENT : api.SpanKind.PRODUCER,
      links: carried === undefined ? [] : [{ context: carried.span }],
      parent,
    });
    if (span.isRecording()) {
      this.#recorded = span;
      this.#bodySize = valueSize();
    }
    return isKept ? NONE : this.#injected(api.trace.setSpan(parent, span), own);
  }

  /** Returns what the propagator adds to these headers, without what no message can carry. */
  #injected(context: TraceContext, own: Carrier): readonly HeaderPair[] {
    const { length } = own;
    this.#context.api.propagation.inject(context, own, SETTER);
    const added = own.slice(length);
    const wrong = added.find((pair) => !isCarried(pair));
    if (wrong === undefined) return added;
    this.#context.guard.failed(new Error(`a propagator has set a header that no message can carry: ${wrong[0]}`));
    return added.filter(isCarried);
  }
}

/** Returns the context that headers carry; undefined if there is none. */
export function contextIn(
  api: OpenTelemetryApi,
  carrier: [string, string][],
): { readonly context: TraceContext; readonly span: SpanContext } | undefined {
  const context = api.propagation.extract(api.ROOT_CONTEXT, carrier, GETTER);
  const span = validIn(api, context);
  return span && { context, span };
}

function validIn(api: OpenTelemetryApi, context: TraceContext): SpanContext | undefined {
  const span = api.trace.getSpanContext(context);
  return span !== undefined && api.isSpanContextValid(span) ? span : undefined;
}
