/** A process manager as PM2 is one: it forks the program, waits until the program is ready, and stops it by SIGINT. */

import { fork } from 'node:child_process';

const child = fork(new URL('service.mjs', import.meta.url));
child.on('message', (message) => {
  if (message === 'ready') child.kill('SIGINT');
});
child.on('exit', (code, signal) => console.log(`ended with ${signal ?? code}`));
