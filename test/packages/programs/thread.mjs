/** A worker thread of the application that has a producer of its own. */

import { Worker } from 'node:worker_threads';

new Worker(new URL('main.mjs', import.meta.url));
