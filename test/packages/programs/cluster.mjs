/** A cluster of two processes, each with a producer of its own. */

import cluster from 'node:cluster';

if (cluster.isPrimary) for (let n = 0; n < 2; n += 1) cluster.fork();
else {
  const { deliver } = await import('./deliver.mjs');
  console.log(await deliver());
  cluster.worker.disconnect();
}
