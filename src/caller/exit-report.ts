/** Logs, at the exit of the process, how many messages of each producer are still pending. Later there is no thread to report it. */

import type { Logger } from '../shared/log/logger.ts';

interface Reporting {
  readonly name: string;
  readonly logger: Logger;
  pending(): number;
}

const producers = new Set<Reporting>();

/** Logs for all producers. The process has this one listener, and only while there are producers. */
function report(): void {
  for (const { name, logger, pending } of producers) {
    const count = pending();
    if (count > 0) logger.error({ producer: name, pending: count }, 'the process exits with messages pending');
  }
}

/** Reports on a producer until the returned function is called. */
export function reportAtExit({ name, logger }: Omit<Reporting, 'pending'>, pending: () => number): () => void {
  const producer = { name, logger, pending };
  if (producers.size === 0) process.on('exit', report);
  producers.add(producer);
  return () => {
    producers.delete(producer);
    if (producers.size === 0) process.off('exit', report);
  };
}
