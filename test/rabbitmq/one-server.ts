/** One server for all test files of a run: it takes seconds to start. */

import { RabbitServer } from './server.ts';

let starting: Promise<RabbitServer> | undefined;

/** The server, started by the first who asks. */
export function rabbitServer(): Promise<RabbitServer> {
  starting ??= RabbitServer.start();
  return starting;
}

after(async () => {
  await (await starting)?.stop();
});
