/** Creates the `Handover` with what it needs: topics, their partitions, and the clients that take messages for them. */

import { PermanentSendError } from '../../../shared/errors.ts';
import type { KafkaDriverOptions } from '../driver.ts';
import { type CodeText, sendError } from '../errors/errors.ts';
import { keyHash } from '../partitioner.ts';
import type { Channel, TopicAnswer } from './channel.ts';
import type { Channels } from './channels.ts';
import type { EndOffset, LedPartition } from './end-offsets.ts';
import { Handover } from './handover.ts';
import { Sightings } from './sightings.ts';
import { TopicNames } from './topic-names.ts';
import { Topology } from './topology.ts';

const TOPIC_MISSING_MS = 30_000;
/** Minimum time in ms between two log lines about the same missing topic. */
const NEWS_AFTER_MS = 60_000;
const MOST_TOPICS = 1000;
const UNKNOWN_PARTITION = -190;
const UNKNOWN_TOPIC = -188;

export interface HandingOver {
  readonly handover: Handover;
  readonly topology: Topology;
}

export interface HandoverParts {
  readonly channels: Channels;
  readonly searches: boolean;
  addressOf(memory: Uint8Array): number;
  text(code: number): CodeText;
  /** Called when messages can be sent that could not be sent before. */
  changed(): void;
  endOffsets?(places: readonly LedPartition[]): Promise<readonly EndOffset[]>;
  renew?(channel: Channel, why: string): void;
}

export function createHandover(options: KafkaDriverOptions, parts: HandoverParts): HandingOver {
  const now = () => performance.now();
  const missingMs = options.topicMissingMs ?? TOPIC_MISSING_MS;
  const sayMissing = missingLog(options, missingMs / 1000);
  const topology: Topology = new Topology({
    now,
    hash: keyHash(options.topicProperties.partitioner ?? ''),
    sightings: options.sightings ?? new Sightings(),
    missingMs,
    ask: (topics) => askAll(parts.channels, topics),
    gone: (topic) =>
      options.log(
        'warn',
        `the topic ${topic} is not there any more: its messages wait up to ${missingMs / 1000} s for it (topic_missing_seconds)`,
      ),
    answered: (topics) => {
      handover.answered(topics);
      parts.changed();
    },
  });
  const handover: Handover = new Handover({
    ...parts,
    now,
    topology,
    names: new TopicNames(options.defaults, (name) => topology.topic(name)),
    // A broker that throttles this client does not read its requests, and has announced that already.
    warn: (text) => options.log(options.isThrottled?.() ? 'debug' : 'warn', text),
    missing: (topic) => withCode(parts.text(UNKNOWN_TOPIC), sayMissing(topic)),
    noPartition: (topic, partition, count) =>
      withCode(
        parts.text(UNKNOWN_PARTITION),
        `the topic ${topic} has ${count}, and the message names partition ${partition}`,
      ),
  });
  return { handover, topology };
}

/** Asks through each client, because each has its own metadata cache. Returns the answer of the client for sets. */
async function askAll(channels: Channels, topics: readonly string[]): Promise<readonly TopicAnswer[]> {
  const first = channels.for('sets');
  const others = channels.active.filter((channel) => channel !== first);
  const answers = await Promise.allSettled([first, ...others].map((channel) => channel.ask(topics)));
  const [answer] = answers as [PromiseSettledResult<readonly TopicAnswer[]>];
  if (answer.status === 'rejected') throw answer.reason;
  return answer.value;
}

/** Logs, once a minute for each topic, that its messages are dead-lettered. The function returns the reason. */
function missingLog({ log }: KafkaDriverOptions, seconds: number): (topic: string) => string {
  const saidAt = new Map<string, number>();
  return (topic) => {
    const why = `no topic ${topic} for ${seconds} s (topic_missing_seconds), and no broker creates it: create it, or check its name`;
    const now = performance.now();
    if (now - (saidAt.get(topic) ?? Number.NEGATIVE_INFINITY) > NEWS_AFTER_MS) {
      if (saidAt.size > MOST_TOPICS) saidAt.clear();
      saidAt.set(topic, now);
      log('warn', `messages are dead-lettered: ${why}`);
    }
    return why;
  };
}

function withCode(code: CodeText, what: string): Error {
  const { message, ...details } = sendError(code, 'message');
  return Object.assign(new PermanentSendError(`${message}: ${what}`), details);
}
