/** Checks whether a topic can take messages at the moment, and those that this producer sends. */

import type { LayerFinding } from '../../../caller/check/check.ts';
import { maxMessageBytes } from '../batches/sizes.ts';
import type { Properties } from '../explain/servers.ts';
import type { TopicSettings } from '../librdkafka/inspect/describe-configs.ts';
import type { PartitionState } from '../librdkafka/inspect/describe-topic.ts';

export interface Expectations {
  /** librdkafka's properties, including those of topics. */
  readonly properties: Properties;
  /** The known part of the topic's own settings. */
  readonly settings: TopicSettings;
}

/** Returns a problem if no partition can take a message. What concerns only some partitions or messages is a warning. */
export function stateFinding(
  topic: string,
  partitions: readonly PartitionState[],
  { properties, settings }: Expectations,
): LayerFinding {
  const least = wantsAllReplicas(properties) ? (settings['min.insync.replicas'] ?? 0) : 0;
  const leaderless = partitions.filter(({ hasLeader }) => !hasLeader);
  const short = partitions.filter(({ hasLeader, inSync }) => hasLeader && inSync < least);
  const waiting = [...withoutLeader(topic, leaderless, partitions), ...tooFewInSync(topic, short, partitions, least)];
  const isStuck = partitions.length > 0 && leaderless.length + short.length === partitions.length;
  if (isStuck) return { problem: waiting.join('; '), advice: adviceFor(short.length > 0) };
  const warnings = [
    ...waiting.map((what) => `${what}; messages for them wait`),
    ...tooLarge(topic, settings, properties),
  ];
  return warnings.length === 0 ? {} : { warning: warnings.join('; ') };
}

/** Whether the leader waits for all replicas. With fewer acknowledgements it does not check how many are in sync. */
const wantsAllReplicas = ({ acks = 'all' }: Properties): boolean => acks === 'all' || acks === '-1';

function withoutLeader(topic: string, leaderless: readonly PartitionState[], all: readonly PartitionState[]): string[] {
  if (leaderless.length === 0) return [];
  return [`${named(topic, leaderless, all)} no leader`];
}

function tooFewInSync(
  topic: string,
  short: readonly PartitionState[],
  all: readonly PartitionState[],
  least: number,
): string[] {
  if (short.length === 0) return [];
  const fewest = Math.min(...short.map(({ inSync }) => inSync));
  const which = named(topic, short, all);
  return [`${which} too few replicas in sync (${fewest}, and min.insync.replicas is ${least})`];
}

const adviceFor = (isShort: boolean): string => {
  const back = 'bring the brokers back that have its replicas';
  return isShort ? `${back}, or lower 'min.insync.replicas' of the topic` : back;
};

const MOST_IDS = 5;

function named(topic: string, some: readonly PartitionState[], all: readonly PartitionState[]): string {
  if (some.length === all.length) return `every partition of ${topic} has`;
  const ids = some.slice(0, MOST_IDS).map(({ id }) => id);
  const more = some.length > MOST_IDS ? ', …' : '';
  return `${some.length} of ${all.length} partitions of ${topic} (${ids.join(', ')}${more}) have`;
}

/** librdkafka fills a set of messages up to `max_message_bytes` too, so the topic's limit concerns small messages as well. */
function tooLarge(topic: string, settings: TopicSettings, properties: Properties): string[] {
  const ours = maxMessageBytes(properties);
  return (['max.message.bytes', 'segment.bytes'] as const).flatMap((name) => {
    const theirs = settings[name] ?? Number.POSITIVE_INFINITY;
    if (ours <= theirs) return [];
    return [
      `'max_message_bytes' (${ours}) is above ${name} of ${topic} (${theirs}): the broker refuses larger messages, and sets ` +
        "of messages that are larger together; set 'max_message_bytes' to that figure, or raise the topic's",
    ];
  });
}
