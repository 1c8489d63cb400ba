/** Messages that Apache Kafka refuses, each for a reason of its own. */

import type { MessageInput } from '../../../src/shared/message/message.ts';

const LIMIT = 2000;
const TOO_LARGE = 5000;
const DAY_MS = 24 * 3600 * 1000;

type Good = MessageInput & { readonly value: Uint8Array };

interface Poison {
  /** What the topic must be like, so that it refuses them. */
  readonly configs: Readonly<Record<string, string>>;
  spoil(good: Good, partition: number, forbidden: string): MessageInput;
}

const POISONS = {
  'too large': {
    configs: { 'max.message.bytes': String(LIMIT) },
    spoil: (good) => ({ ...good, value: Buffer.concat([good.value], TOO_LARGE) }),
  },
  // Without a key any partition would do: it names the one that it is to trouble.
  'invalid record': {
    configs: { 'cleanup.policy': 'compact' },
    spoil: (good, partition) => ({ ...good, key: null, partition }),
  },
  'old timestamp': {
    configs: { 'message.timestamp.before.max.ms': String(DAY_MS) },
    spoil: (good) => ({ ...good, timestamp: 1 }),
  },
  'denied topic': { configs: {}, spoil: (good, _, forbidden) => ({ ...good, topic: forbidden }) },
  'missing partition': { configs: {}, spoil: (good) => ({ ...good, partition: 999 }) },
} satisfies Record<string, Poison>;

export type PoisonKind = keyof typeof POISONS;

export const POISON_KINDS = Object.keys(POISONS) as PoisonKind[];

export const configsFor = (kind: PoisonKind): Poison['configs'] => POISONS[kind].configs;

/** `forbidden` is a topic that may not be written. */
export const poisoned = (kind: PoisonKind, good: Good, partition: number, forbidden: string) =>
  (POISONS[kind] as Poison).spoil(good, partition, forbidden);

/** Whether it troubles the partition of its topic at all; the others are refused before they are in one. */
export const isInPartition = (kind: PoisonKind) => kind !== 'denied topic' && kind !== 'missing partition';
