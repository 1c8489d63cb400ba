/** The configuration of a command, with what a person should know of it. */

import type { LoadedFile, LoadedProducer } from '../config/load.ts';
import { loadConfig } from '../runtime.ts';
import { say } from './output.ts';

/** @throws ConfigError with everything that is wrong */
export async function readConfig(path: string): Promise<LoadedFile> {
  const file = await loadConfig(path);
  for (const warning of file.warnings) say(warning);
  return file;
}

/** The producers alone. @throws ConfigError with everything that is wrong */
export const readDefinitions = async (path: string): Promise<LoadedProducer[]> => (await readConfig(path)).producers;
