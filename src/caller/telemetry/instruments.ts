/** The metrics of producers as instruments of OpenTelemetry, made of the same table as those for Prometheus. */

import { DEFINITIONS, type Definition } from '../metrics/definitions.ts';
import type { Sample } from '../metrics/prom-client.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Attributes } from './opentelemetry.ts';

export interface Instrument {
  readonly name: string;
  readonly description: string;
  /** A unit of UCUM. */
  readonly unit: string;
  readonly isCounter: boolean;
  read(snapshot: Snapshot): readonly Value[];
}

export interface Value {
  readonly value: number;
  readonly attributes: Attributes;
}

/** Endings of Prometheus names that stand for a unit or a type, which OpenTelemetry keeps apart from the name. */
const ENDINGS: readonly (readonly [ending: string, unit: string])[] = [
  ['_seconds', 's'],
  ['_bytes', 'By'],
];

/** `outspool_messages_accepted_total` is `outspool.messages.accepted`; `outspool_dead_letters_total` is `outspool.dead_letters`. */
function named(prometheus: string): Pick<Instrument, 'name' | 'unit'> {
  const whole = prometheus.replace(/_total$/, '');
  const [ending = '', unit = '1'] = ENDINGS.find(([one]) => whole.endsWith(one)) ?? [];
  const words = whole.slice('outspool_'.length, whole.length - ending.length);
  return { name: `outspool.${dotted(words)}`, unit };
}

/** First words that group metrics, and the last one of a metric that has no further word. */
const GROUPS = { messages: 'count', queue: 'size', spool: 'size' };

function dotted(words: string): string {
  for (const [group, otherwise] of Object.entries(GROUPS)) {
    if (words === group) return `${group}.${otherwise}`;
    if (words.startsWith(`${group}_`)) return `${group}.${words.slice(group.length + 1)}`;
  }
  return words;
}

const value = ({ labels, value: figure }: Sample): Value => ({
  value: figure,
  attributes: Object.fromEntries(Object.entries(labels).map(([label, text]) => [`outspool.${label}`, text])),
});

const instrument = ({ name, help, type, read }: Definition): Instrument => ({
  ...named(name),
  description: help,
  isCounter: type === 'Counter',
  read: (snapshot) => read(snapshot).map(value),
});

/** Reasons of dead letters that were never sent. */
const NOT_SENT = 'shutdown';

/** Messages that were sent, by the conventions: one that is still pending is not counted, even if an attempt of it has failed. */
export const SENT: Instrument = {
  name: 'messaging.client.sent.messages',
  description: 'Number of messages producer attempted to send to the broker.',
  unit: '{message}',
  isCounter: true,
  read: ({ delivered, deadLetters }) => [
    { value: delivered, attributes: {} },
    ...Object.entries(deadLetters)
      .filter(([reason, count]) => reason !== NOT_SENT && count > 0)
      .map(([reason, count]) => ({ value: count, attributes: { 'error.type': reason } })),
  ],
};

/** Observable instruments have no histogram. That of the conventions is in durations.ts. */
export const OWN: readonly Instrument[] = DEFINITIONS.filter(({ type }) => type !== 'Histogram').map(instrument);
