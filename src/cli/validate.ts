/** `produce validate`: whether a configuration is right, and if not, everything that is wrong. */

import { loadDefinitions } from '../runtime.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { counted, say } from './output.ts';

export async function validate(file: string): Promise<ExitCode> {
  const { length } = await loadDefinitions(file);
  say(`${file}: ${counted(length, 'producer')}, ok`);
  return EXIT.delivered;
}
