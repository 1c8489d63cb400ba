/** The broker, in a process that outlives every producer: prints where it is, obeys lines, ends with its parent's end of the pipe. */

import { createInterface } from 'node:readline';
import { EmbeddedKafka } from '../../../src/testing/embedded-kafka.ts';

const [topic = 'chaos', partitions = '4'] = process.argv.slice(2);
const kafka = await EmbeddedKafka.start({ topics: { [topic]: Number(partitions) } });
kafka.setRtt(5); // so that there is something in flight at every moment
process.stdout.write(`${kafka.bootstrapServers}\n`);
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line === 'down') kafka.brokerDown();
  else kafka.brokerUp();
});
lines.once('close', () => void kafka.stop());
