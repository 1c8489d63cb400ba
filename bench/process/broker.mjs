/**
 * The broker of one run, in a process of its own: prints where it is, is away between the lines `down` and `up`, and ends with its
 * parent's end of the pipe.
 */

import { createInterface } from 'node:readline';
import { EmbeddedKafka } from 'outspool/testing';

const kafka = await EmbeddedKafka.start({ topics: { bench: 4 } });
process.stdout.write(`${kafka.bootstrapServers}\n`);
for await (const line of createInterface(process.stdin)) {
  if (line === 'down') kafka.brokerDown(1);
  if (line === 'up') kafka.brokerUp(1);
}
kafka.stop();
