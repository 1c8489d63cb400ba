/**
 * A producer's process: produces until it is told to stop, and says on stdout what becomes of each message, an entry of the
 * journal on each line. It is `ready` when it
 * is connected, and takes the lines `go`, `stop` and `jump MS`.
 */

import { createInterface } from 'node:readline';
import { jumpingClock } from '../../support/jumping-clock.ts';
import type { Entry } from './journal.ts';
import { Load } from './load.ts';
import type { Orders } from './orders.ts';

const { config, plan, rate, drainMs } = JSON.parse(process.argv[2] ?? '') as Orders;

const jump = jumpingClock();
const say = (entry: Entry) => void process.stdout.write(`${JSON.stringify(entry)}\n`);
const load = new Load(config, plan, say);

let go: () => void = () => {};
const told = new Promise<void>((resolve) => {
  go = resolve;
});

const commands: Readonly<Record<string, (ms: number) => void>> = {
  go: () => go(),
  stop: () => load.stop(),
  jump,
};

/** On a busy machine it may take more than one wait; the producer goes on with it meanwhile. */
async function started(waits = 6): Promise<void> {
  await load.start().catch((error: unknown) => {
    if (waits === 1) throw error;
    return started(waits - 1);
  });
}

createInterface({ input: process.stdin })
  .on('line', (line) => commands[line.split(' ')[0] ?? '']?.(Number(line.split(' ')[1])))
  .once('close', () => process.exit(1)); // the one that listens is gone

await started();
say(['ready']);
await told;
await load.pace(rate);
await load.end(drainMs);
process.exit(0);
