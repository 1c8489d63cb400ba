/**
 * 100 000 callers that wait with a deadline and one signal: how long the event loop stands still while they come, and while all of
 * them end in the same moment, by their deadline, by the signal, or because they get what they wait for.
 */

import { fileURLToPath } from 'node:url';
import { runScript } from '../support/run-script.ts';
import { below, type Check, type Row } from './row.ts';

const CELL = fileURLToPath(new URL('waiters-process.js', import.meta.url));
const LIMIT_MS = 50;
const SUBJECTS = ['enqueue()', 'waitForRoom()', 'flush()', 'send()', 'start()', 'a route', 'the disk'];
const ENDS = ['expire', 'abort', 'served'];

export const waiters: Check = async (_options, progress) => {
  const rows: Row[] = [];
  for (const subject of SUBJECTS)
    for (const end of ENDS) {
      const ms = Number(await runScript([CELL, subject, end], { timeout: 300_000 }));
      progress(`${subject}, ${end}: ${ms.toFixed(1)} ms`);
      rows.push(
        below(`100 000 callers of ${subject}, ${end}: longest stall`, LIMIT_MS, { value: ms, unit: ' ms', digits: 1 }),
      );
    }
  return rows;
};
