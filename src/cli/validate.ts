/** `produce validate`: whether a configuration is right, and if not, everything that is wrong. */

import { loadDefinitions } from '../runtime.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { say } from './output.ts';

export async function validate(file: string): Promise<ExitCode> {
  const { length } = await loadDefinitions(file);
  say(`${file}: ${length} producer${length === 1 ? '' : 's'}, ok`);
  return EXIT.delivered;
}
