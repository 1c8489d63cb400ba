/** Plans a smoke test: what it writes through each producer and where, and whether that is allowed. */

import type { LoadedProducer } from '../../config/load.ts';
import type { Destination } from '../../kinds/common/destination.ts';
import { type Needs, NO_NEEDS } from '../../kinds/common/needs.ts';
import { KINDS } from '../../kinds/registry.ts';
import { isKafka, namesNoBroker } from '../embedded-cluster.ts';
import { counted, say } from '../output.ts';
import { UsageError } from '../process/exit.ts';
import { checkTopic } from '../topic-flag.ts';
import { type Content, countOfTombstones } from './samples.ts';

export interface PlanOptions {
  readonly messages: number;
  readonly topic?: string;
  /** Whether to write also to other machines, and to files that have lines. @default false */
  readonly yes?: boolean;
  /** Whether to send tombstones there as well. @default false */
  readonly tombstones?: boolean;
  readonly embedded?: boolean;
}

const ELSEWHERE: Destination = { text: 'where its class writes, which the command cannot know', isHarmless: false };

/** Returns where a producer's messages go. `topic` is the topic of every message, instead of the configured ones. */
export const destinationOf = ({ kind, config }: LoadedProducer, topic?: string): Destination =>
  KINDS[kind]?.destination(config, topic) ?? ELSEWHERE;

/** Whether an embedded cluster replaces the producer's brokers. */
export const isEmbedded = (definition: LoadedProducer, { embedded = false }: PlanOptions): boolean =>
  isKafka(definition) && (embedded || namesNoBroker(definition));

/** @throws UsageError where samples may come among real messages and `--yes` does not allow it; for an invalid `--topic` */
export function assertAllowed(definitions: readonly LoadedProducer[], options: PlanOptions): void {
  for (const definition of definitions) checkTopic(definition, options.topic);
  const configured = definitions.filter((definition) => !isEmbedded(definition, options));
  const away = configured.filter((definition) => !destinationOf(definition, options.topic).isHarmless);
  if (options.yes || away.length === 0) return;
  sayPlans(away, options);
  const names = away.map(({ config }) => String(config.name)).join(', ');
  const instead = away.some(isKafka) ? "; --embedded takes an embedded cluster in the place of Kafka's brokers" : '';
  throw new UsageError(
    `${names}: samples would be written where real messages may be. --yes allows it; --topic names another topic${instead}`,
  );
}

/** Prints one line for each producer, before anything is sent. */
export function sayPlans(definitions: readonly LoadedProducer[], options: PlanOptions): void {
  for (const definition of definitions) {
    const { text } = destinationOf(definition, options.topic);
    say(`  ${String(definition.config.name)}: ${amount(definition, options)} to ${text}`);
  }
}

function amount(definition: LoadedProducer, options: PlanOptions): string {
  const tombstones = countOfTombstones(options.messages, contentOf(definition, options));
  const among = tombstones === 0 ? 'no tombstone' : counted(tombstones, 'tombstone');
  return `${counted(options.messages, 'message')}, ${among} among them,`;
}

/** Returns which samples a destination accepts. A refusal of others would not be a fault of the configuration. */
export function contentOf(definition: LoadedProducer, options: PlanOptions): Content {
  const { kind, config } = definition;
  // A custom class may expect JSON in every value, and not every value fits on a line.
  const onlyObjects = kind === 'custom' || config.format === 'value';
  const destination = destinationOf(definition, options.topic);
  const needs = { ordinary: needsOf(definition, false), error: needsOf(definition, true) };
  const hasFields = needs.ordinary.fields.length > 0;
  return {
    binary: !onlyObjects && !hasFields && KINDS[kind]?.takesBytes?.(config) !== false,
    tombstones: !onlyObjects && !hasFields && takesTombstones(config) && maySendTombstones(destination, options),
    keyless: !needs.ordinary.key,
    needs,
  };
}

const takesTombstones = ({ tombstones }: LoadedProducer['config']): boolean => tombstones !== 'refuse';

/** Whether tombstones are allowed. In a compacted topic a tombstone deletes the messages of its key. */
const maySendTombstones = ({ isHarmless }: Destination, { tombstones = false }: PlanOptions): boolean =>
  isHarmless || tombstones;

function needsOf({ kind, config }: LoadedProducer, isError: boolean): Needs {
  const row = KINDS[kind];
  return row === undefined ? needsOfClass(config) : (row.needs?.(config, isError) ?? NO_NEEDS);
}

const ADDRESSES = ['url', 'error_url', 'routing_key', 'error_routing_key'];

/** Returns the needs of a custom class. It may extend a class of this library, whose addresses may contain the key. */
const needsOfClass = (config: LoadedProducer['config']): Needs => ({
  ...NO_NEEDS,
  key: ADDRESSES.some((address) => String(config[address] ?? '').includes('{key}')),
});
