/** Which of some producers takes the dead letters of which. */

import type { BaseConfig } from '../config/base.ts';
import type { LoadedProducer } from '../config/load.ts';
import type { DeadLetterTarget } from '../engine/dead-letter.ts';
import { ConfigError } from '../errors.ts';
import { routeTo } from './dead-letter-route.ts';

type Producer = ReturnType<Parameters<typeof routeTo>[0]>;

const settingOf = ({ config }: LoadedProducer): BaseConfig['dead_letter'] =>
  (config as Partial<BaseConfig>).dead_letter;

export class DeadLetterLinks {
  /** The target's name by that of its source. */
  readonly #targets: ReadonlyMap<string, string>;

  /** @throws ConfigError when a target is missing or letters would come back; a file that was loaded has been checked */
  constructor(definitions: readonly LoadedProducer[]) {
    const names = new Set(definitions.map(({ config }) => config.name as string));
    const links = definitions.map((one) => [one.config.name as string, settingOf(one)?.producer] as const);
    this.#targets = new Map(links.filter((link): link is [string, string] => link[1] !== undefined));
    for (const [name, target] of this.#targets) {
      if (!names.has(target)) throw new ConfigError(`${name}: dead_letter.producer: there is no producer '${target}'`);
      if (this.#passes(target).includes(name)) throw new ConfigError(`${name}: its dead letters would come back to it`);
    }
  }

  /** The producers that a letter to `name` may pass. */
  #passes(name: string): string[] {
    const passed: string[] = [];
    for (let at: string | undefined = name; at !== undefined && !passed.includes(at); at = this.#targets.get(at))
      passed.push(at);
    return passed;
  }

  hasTarget(name: string): boolean {
    return this.#targets.has(name);
  }

  /** What a definition's producer is given: its target among the others, or the one for those that say nothing. */
  target(
    definition: LoadedProducer,
    find: (name: string) => Producer,
    otherwise: DeadLetterTarget | undefined,
  ): DeadLetterTarget | undefined {
    const setting = settingOf(definition);
    if (setting === undefined) return otherwise;
    const { producer: name, topic } = setting;
    return name === undefined ? undefined : routeTo(() => find(name), topic);
  }

  /** Does `work` for each name, for a target when it has been done for all its sources; the results by name. */
  async inOrder<T>(names: readonly string[], work: (name: string) => Promise<T>): Promise<Record<string, T>> {
    const begun = new Map<string, Promise<T>>();
    const begin = (name: string): Promise<T> => {
      const sources = names.filter((other) => this.#targets.get(other) === name);
      const before = Promise.allSettled(sources.map(doing));
      return sources.length === 0 ? work(name) : before.then(() => work(name));
    };
    const doing = (name: string): Promise<T> => {
      const one = begun.get(name) ?? begin(name);
      begun.set(name, one);
      return one;
    };
    const results = names.map(async (name) => [name, await doing(name)] as const);
    return Object.fromEntries(await Promise.all(results));
  }
}
