/** On Node 20 tsx hooks itself into ES modules on the main thread alone; the worker loads TypeScript as well. */

import { isMainThread } from 'node:worker_threads';

// Imported in the worker only: on the main thread, where tsx is there already, it would get in its way.
if (!isMainThread) (await import('tsx/esm/api')).register();
