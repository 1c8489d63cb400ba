/** On Node 20 tsx hooks itself into ES modules on the main thread alone; the worker loads TypeScript as well. */

import { isMainThread } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

if (!isMainThread) register();
