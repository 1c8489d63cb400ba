/** Knows which producer takes the dead letters of another one, or stands in for it as a fallback on a route. */

import type { DeadLetterTarget } from '../caller/dead-letters/dead-letter.ts';
import type { LoadedProducer } from '../config/load.ts';
import { Reach } from '../config/routes/reachability.ts';
import { handovers, type Route } from '../config/routes/schema.ts';
import type { BaseConfig } from '../config/schema/base.ts';
import { ConfigError } from '../shared/errors.ts';
import { routeTo } from './dead-letter-route.ts';

type Producer = ReturnType<Parameters<typeof routeTo>[0]>;

const settingOf = ({ config }: LoadedProducer): BaseConfig['dead_letter'] =>
  (config as Partial<BaseConfig>).dead_letter;

export class DeadLetterLinks {
  readonly #reach = new Reach();

  /** @throws ConfigError when a target is missing, or dead letters would come back. A loaded file has passed this check. */
  constructor(definitions: readonly LoadedProducer[], routes: readonly Route[] = []) {
    const names = definitions.map(({ config }) => config.name as string);
    const letters = definitions.map((one) => [one.config.name as string, settingOf(one)?.producer] as const);
    for (const [name, target] of [...letters, ...routes.flatMap(handovers)]) {
      if (target === undefined) continue;
      if (!names.includes(target)) throw new ConfigError(`${name}: there is no producer '${target}'`);
      if (this.#reach.path(target, name)) throw new ConfigError(`${name}: its messages would come back to it`);
      this.#reach.add(name, target);
    }
  }

  /** Returns whether other producers get the messages that `name` cannot deliver. */
  hasTarget(name: string): boolean {
    return this.#reach.next(name).size > 0;
  }

  /** Returns the target: the producer that `dead_letter` names, or `otherwise` where there is no `dead_letter`; else undefined. */
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

  /** Runs `work` for each name, for a target after all its sources. Returns the results by name. */
  async inOrder<T>(names: readonly string[], work: (name: string) => Promise<T>): Promise<Record<string, T>> {
    const begun = new Map<string, Promise<T>>();
    const begin = (name: string): Promise<T> => {
      const sources = this.#reach.before(name).filter((source) => names.includes(source));
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
