/** Terminates this process's worker threads from outside, as a debugger or an embedder may. */

import { Worker } from 'node:worker_threads';

const workers = new Set<Worker>();
const { emit } = Worker.prototype;

// Node has no list of its workers; each one passes here with its `online` event.
Worker.prototype.emit = function (this: Worker, event: string | symbol, ...rest: unknown[]): boolean {
  if (event === 'online') workers.add(this);
  if (event === 'exit') workers.delete(this);
  return emit.call(this, event, ...rest);
} as typeof emit;

export async function terminateWorkers(): Promise<void> {
  await Promise.all([...workers].map((worker) => worker.terminate()));
}
