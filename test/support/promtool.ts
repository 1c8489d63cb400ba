/** Prometheus's own checker, where it is installed. */

import { spawnSync } from 'node:child_process';

export interface Verdict {
  readonly code: number | null;
  /** Everything that it printed. */
  readonly output: string;
}

/** Runs promtool with this text on its standard input. */
export function promtool(args: readonly string[], input = ''): Verdict {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { code: status, output: `${stdout}${stderr}` };
}

export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** Reports that tests are left out. To be called in their `describe`. */
export function reportIfNoPromtool(what: string): void {
  if (!hasPromtool) console.log(`  left out: ${what} by promtool, which wants Debian's package prometheus`);
}
