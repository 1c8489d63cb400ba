/** Reads the configuration of a command, and prints its warnings. */

import type { LoadedFile, LoadedProducer } from '../config/load.ts';
import { loadConfig } from '../runtime.ts';
import { say } from './output.ts';

/** @throws ConfigError with every problem of the file */
export async function readConfig(path: string): Promise<LoadedFile> {
  const file = await loadConfig(path);
  for (const warning of file.warnings) say(warning);
  return file;
}

/** Reads the producers of a configuration. @throws ConfigError with every problem of the file */
export const readDefinitions = async (path: string): Promise<LoadedProducer[]> => (await readConfig(path)).producers;
