/** Free ports that stay free while a broker is down. */

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below those that the system hands out to outgoing connections: a restarted broker finds its port again. */
const [LOWEST, HIGHEST] = [20_000, 32_000];

export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
