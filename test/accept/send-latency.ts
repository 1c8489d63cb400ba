/** How long an awaited `send()` takes when nothing else is going on. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { below, type Check } from './row.ts';

const SCRIPT = fileURLToPath(new URL('send-latency.mjs', import.meta.url));

export const sendLatency: Check = async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT], { timeout: 60_000 });
  const { p50Ms } = JSON.parse(stdout) as { p50Ms: number };
  return [below('awaited send(), p50 of 1000', 1, { value: p50Ms, unit: ' ms', digits: 3 })];
};
