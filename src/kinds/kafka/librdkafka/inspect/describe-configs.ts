/**
 * Reads the settings of a topic that limit a producer, by librdkafka's DescribeConfigs, which all accepted versions have. The
 * broker answers only clients with the permission DESCRIBE_CONFIGS on the topic. Nothing except this answer needs that
 * permission.
 */

import { nativeSection } from '../../../../shared/util/native-section.ts';
import type { Client } from '../native/client.ts';
import { binder, type Pointer } from '../native/functions.ts';
import { NativeMemory, writeLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';
import { AdminQuestion, CountedArrays, type DescribeFailure } from './admin-question.ts';

const P = 'uint64_t';
const DESCRIBE_CONFIGS = 5;
const TOPIC = 2;

/** The settings of a topic by their names. The broker may leave some of them out. */
export type TopicSettings = Readonly<Partial<Record<TopicSetting, number>>>;

const WANTED = ['max.message.bytes', 'min.insync.replicas', 'segment.bytes'] as const;
export type TopicSetting = (typeof WANTED)[number];

function bind({ koffi, path }: Native) {
  const f = binder(koffi.load(path));
  type List = (parent: Pointer, count: Pointer) => Pointer;
  type Text = (entry: Pointer) => string | null;
  return {
    resource: f<(type: number, name: string) => Pointer>('rd_kafka_ConfigResource_new', P, ['int', 'const char *']),
    resourceDestroy: f<(resource: Pointer) => void>('rd_kafka_ConfigResource_destroy', 'void', [P]),
    want: f<(resource: Pointer, name: string, value: string) => number>('rd_kafka_ConfigResource_set_config', 'int', [
      P,
      'const char *',
      'const char *',
    ]),
    describe: f<(client: Pointer, resources: Pointer, count: number, options: Pointer, queue: Pointer) => void>(
      'rd_kafka_DescribeConfigs',
      'void',
      [P, P, 'size_t', P, P],
    ),
    result: f<(event: Pointer) => Pointer>('rd_kafka_event_DescribeConfigs_result', P, [P]),
    resources: f<List>('rd_kafka_DescribeConfigs_result_resources', P, [P, P]),
    error: f<(resource: Pointer) => number>('rd_kafka_ConfigResource_error', 'int', [P]),
    entries: f<List>('rd_kafka_ConfigResource_configs', P, [P, P]),
    name: f<Text>('rd_kafka_ConfigEntry_name', 'const char *', [P]),
    value: f<Text>('rd_kafka_ConfigEntry_value', 'const char *', [P]),
  };
}

export const askSettings = (client: Client, topic: string, timeoutMs: number): AdminQuestion<TopicSettings> =>
  new AdminQuestion(client, new Describing(client.native, topic), timeoutMs);

class Describing {
  readonly operation = DESCRIBE_CONFIGS;
  readonly #native: Native;
  readonly #topic: string;
  readonly #functions: ReturnType<typeof bind>;
  readonly #arrays: CountedArrays;

  constructor(native: Native, topic: string) {
    this.#native = native;
    this.#topic = topic;
    this.#functions = nativeSection(() => bind(native));
    this.#arrays = new CountedArrays(native);
  }

  /** Sends the request. librdkafka copies the resource. Each name needs a value, which has no meaning. */
  ask(client: Pointer, options: Pointer, queue: Pointer): void {
    const { resource: create, resourceDestroy, want, describe } = this.#functions;
    const resource = create(TOPIC, this.#topic);
    try {
      for (const name of WANTED) want(resource, name, '');
      const list = new NativeMemory(this.#native.koffi, 8);
      writeLong(list.words, 0, resource);
      describe(client, list.address, 1, options, queue);
    } finally {
      resourceDestroy(resource);
    }
  }

  read(event: Pointer): TopicSettings | DescribeFailure {
    const { result, resources, error } = this.#functions;
    const answer = result(event);
    const [resource] = this.#arrays.pointers((count) => resources(answer, count));
    if (resource === undefined) return {};
    const code = error(resource);
    return code === 0 ? this.#settings(resource) : { code, text: this.#native.rdkafka.errorText(code) };
  }

  #settings(resource: Pointer): TopicSettings {
    const { entries, name, value } = this.#functions;
    const given = this.#arrays.pointers((count) => entries(resource, count));
    const values = new Map(given.map((entry) => [name(entry), Number(value(entry) ?? Number.NaN)]));
    return Object.fromEntries(
      WANTED.flatMap((wanted) => {
        const figure = values.get(wanted);
        return figure === undefined || Number.isNaN(figure) ? [] : [[wanted, figure]];
      }),
    );
  }
}
