/** The broker of one run, in a process of its own: prints where it is, and ends with its parent's end of the pipe. */

import { EmbeddedKafka } from 'outspool/testing';

const kafka = await EmbeddedKafka.start({ topics: { bench: 4 } });
process.stdout.write(`${kafka.bootstrapServers}\n`);
process.stdin.resume();
process.stdin.once('end', () => kafka.stop());
