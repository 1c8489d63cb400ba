/**
 * The attributes of a span, by the semantic conventions for messaging (v1.45.0). docs/tracing.md has a row for each. Keys and values of
 * messages are left out, because they may be personal data.
 */

import type { ReportMessage } from '../../shared/protocol.ts';
import type { Outcome } from '../settlement/accounting.ts';
import type { Attributes, AttributeValue } from './opentelemetry.ts';

/** How spans name what a producer delivers to. */
export interface Destination {
  /** `kafka`, `rabbitmq`, or the producer's kind. */
  readonly system: string;
  /** Name of the host, where there is one. */
  readonly server?: string | undefined;
  /** Returns the name for messages of a topic, of which there must not be many. @default the topic */
  readonly name?: (topic: string, isError: boolean) => string;
}

export const OPERATION = 'send';

/** Attributes that the conventions have renamed since many backends learned them: the current name, and the earlier one. */
const RENAMED = {
  system: ['messaging.system.name', 'messaging.system'],
  offset: ['kafka.offset', 'messaging.kafka.offset'],
} as const;

/** Final states as attributes: that of the message, and the `error.type` of one that failed without an error. */
const OUTCOMES: Readonly<Record<Outcome, { readonly name: string; readonly error?: string }>> = {
  delivered: { name: 'delivered' },
  deadLettered: { name: 'dead_lettered', error: 'dead_lettered' },
  dropped: { name: 'dropped', error: 'dropped' },
  expired: { name: 'expired', error: 'expired' },
  undelivered: { name: 'undelivered', error: 'undelivered' },
  spooled: { name: 'spooled' },
};

const LARGEST_TYPE = 100;

/** The table that the environment of the process asks for. */
export const tableOfEnvironment = (): AttributeTable => new AttributeTable(process.env.OTEL_SEMCONV_STABILITY_OPT_IN);

export class AttributeTable {
  readonly #hasEarlier: boolean;

  /** `optIn` is OTEL_SEMCONV_STABILITY_OPT_IN. `messaging` in it leaves out the earlier names, `messaging/dup` keeps them. */
  constructor(optIn = '') {
    const chosen = optIn.split(',').map((item) => item.trim());
    this.#hasEarlier = !chosen.includes('messaging') || chosen.includes('messaging/dup');
  }

  /** What is known when the span starts, for samplers. */
  start({ system, server }: Destination, producer: string, name: string): Attributes {
    return {
      ...this.#named('system', system),
      'messaging.operation.name': OPERATION,
      'messaging.operation.type': OPERATION,
      'messaging.destination.name': name,
      'messaging.client.id': producer,
      ...(server !== undefined && { 'server.address': server }),
    };
  }

  /** What is known when the message has its final state. */
  end(outcome: Outcome, worker: ReportMessage | undefined, id: string, error: Error | undefined): Attributes {
    const { partition = -1, offset = -1 } = worker ?? {};
    const type = errorType(outcome, error);
    return {
      'outspool.outcome': OUTCOMES[outcome].name,
      ...(id !== '' && { 'messaging.message.id': id }),
      ...(partition >= 0 && { 'messaging.destination.partition.id': String(partition) }),
      ...(offset >= 0 && this.#named('offset', offset)),
      ...(type !== undefined && { 'error.type': type }),
    };
  }

  /** Attributes of the metrics of the conventions. Topics are left out, because an application may have any number of them. */
  metric({ system, server }: Destination, producer: string): Attributes {
    return {
      ...this.#named('system', system),
      'messaging.operation.name': OPERATION,
      'messaging.operation.type': OPERATION,
      'outspool.producer': producer,
      ...(server !== undefined && { 'server.address': server }),
    };
  }

  #named(attribute: keyof typeof RENAMED, value: AttributeValue): Attributes {
    const [current, earlier] = RENAMED[attribute];
    return this.#hasEarlier ? { [current]: value, [earlier]: value } : { [current]: value };
  }
}

/** Returns the `error.type`: the broker's name of the error, or its code, or its class. Undefined where the message has not failed. */
export function errorType(outcome: Outcome | 'refused', error: Error | undefined): string | undefined {
  const { error: without } = outcome === 'refused' ? { error: 'refused' } : OUTCOMES[outcome];
  if (without === undefined) return undefined;
  const { kafkaName, code, name } = Object(error) as Readonly<Record<string, unknown>>;
  return String(kafkaName ?? code ?? name ?? without).slice(0, LARGEST_TYPE);
}
