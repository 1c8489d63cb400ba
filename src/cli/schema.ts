/** `produce schema`: prints the JSON schema of the configuration, which the package holds as a file. */

import { readFile } from 'node:fs/promises';
import { standardOutput } from './print.ts';
import { EXIT, type ExitCode } from './process/exit.ts';

const SCHEMA = new URL('../../config/producers.schema.json', import.meta.url);

export async function printSchema(): Promise<ExitCode> {
  await standardOutput.write(await readFile(SCHEMA));
  return EXIT.delivered;
}
