/** Reads the configuration of a command, and prints its warnings. */

import type { LoadedFile, LoadedProducer } from '../config/load.ts';
import { noProducer } from '../config/report/no-producer.ts';
import { loadConfig } from '../runtime.ts';
import { say } from './output.ts';
import { UsageError } from './process/exit.ts';

/** @throws ConfigError with every problem of the file */
export async function readConfig(path: string): Promise<LoadedFile> {
  const file = await loadConfig(path);
  for (const warning of file.warnings) say(warning);
  return file;
}

/** Reads the producers of a configuration. @throws ConfigError with every problem of the file */
export const readDefinitions = async (path: string): Promise<LoadedProducer[]> => (await readConfig(path)).producers;

export const nameOf = ({ config }: LoadedProducer): string => String(config.name);

interface Found {
  readonly config: string;
  readonly definitions: readonly LoadedProducer[];
}

export const noSuchProducer = (name: string, { config, definitions }: Found): UsageError =>
  new UsageError(noProducer(name, config, definitions.map(nameOf)));

/** @throws UsageError for a name that no producer has */
export function assertNamed(names: readonly string[], found: Found): void {
  const strange = names.find((name) => !found.definitions.some((one) => nameOf(one) === name));
  if (strange !== undefined) throw noSuchProducer(strange, found);
}
