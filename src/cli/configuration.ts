/** Reads the configuration of a command, and prints its warnings. */

import type { LoadedFile, LoadedProducer } from '../config/load.ts';
import { noProducer } from '../config/report/no-producer.ts';
import { loadConfig } from '../runtime.ts';
import { tooLarge } from '../shared/files/whole-reads.ts';
import { STANDARD } from './flags.ts';
import { say } from './output.ts';
import { UsageError } from './process/exit.ts';
import { standardInput } from './send/input.ts';

/** Reads a file, or the standard input for `-`. @throws ConfigError with every problem of the file */
export async function readConfig(path: string): Promise<LoadedFile> {
  const file = await (path === STANDARD ? loadConfig('<stdin>', { read: readStandardInput }) : loadConfig(path));
  for (const warning of file.warnings) say(warning);
  return file;
}

async function readStandardInput(mostBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of standardInput()) {
    bytes += (part as Buffer).length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
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
