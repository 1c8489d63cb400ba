/** A runtime with routes over producers on this thread, each of which does what a test says. */

import { BaseProducer } from '../../src/caller/base-producer.ts';
import type { LoadedProducer } from '../../src/config/load.ts';
import type { Route, Routes, Unmatched } from '../../src/config/routes/schema.ts';
import { BaseProducerConfig } from '../../src/config/schema/base.ts';
import { type AnyProducer, ProducerRuntime, type RuntimeOptions } from '../../src/runtime.ts';
import type { Message } from '../../src/shared/message/message.ts';
import { quiet } from './quiet.ts';

/** What becomes of a message at a producer: nothing = it is delivered; may return a promise, or throw. */
type Script = (message: Message) => unknown;

const scripts = new Map<string, Script>();
const delivered = new Map<string, Message[]>();

class ScriptedProducer extends BaseProducer {
  static override readonly module = import.meta.url;
  static override runsInline(): boolean {
    return true;
  }

  async _connect(): Promise<void> {}

  async _send(_isError: boolean, message: Message): Promise<void> {
    await scripts.get(this.name)?.(message);
    delivered.get(this.name)?.push(message);
  }

  async _close(): Promise<void> {}
}

export interface RigOptions {
  /** Settings by producer. */
  readonly producers: Readonly<Record<string, object>>;
  readonly routes: readonly Partial<Route>[];
  readonly unmatched?: Unmatched;
  readonly runtime?: RuntimeOptions;
}

export class RoutedRig {
  readonly runtime: ProducerRuntime;

  private constructor(runtime: ProducerRuntime) {
    this.runtime = runtime;
  }

  static async build({ producers, routes, unmatched = 'error', runtime }: RigOptions): Promise<RoutedRig> {
    scripts.clear();
    for (const name of Object.keys(producers)) delivered.set(name, []);
    const completed = routes.map((route, index) => ({
      name: `route-${index + 1}`,
      when: undefined,
      to: [],
      fallback: [],
      ...route,
    }));
    const given: Routes | undefined = routes.length === 0 ? undefined : { routes: completed, unmatched };
    const definitions = Object.entries(producers).map(([name, settings]) => definition(name, settings));
    return new RoutedRig(await ProducerRuntime.fromDefinitions(definitions, { logger: quiet, ...runtime }, given));
  }

  /** From now on the producer does this. */
  script(producer: string, script: Script): void {
    scripts.set(producer, script);
  }

  producer(name: string): AnyProducer {
    return this.runtime.producer(name);
  }

  /** The values that the producer has delivered, in order. */
  values(producer: string): unknown[] {
    return this.messages(producer).map((message) => message.json());
  }

  messages(producer: string): readonly Message[] {
    return delivered.get(producer) ?? [];
  }
}

function definition(name: string, settings: object): LoadedProducer {
  return {
    config: BaseProducerConfig.parse({ type: 'custom', name, max_retries: 0, ...settings }),
    kind: 'custom',
    given: new Set(),
    context: { Class: ScriptedProducer, module: import.meta.url, exportName: 'ScriptedProducer' },
    at: { file: 'rig.yaml', line: 1, column: 1 },
    places: new Map(),
    secrets: [],
  };
}
