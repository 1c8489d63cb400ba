/** A service that delivers what it has accepted when it is told to stop. */

import { MemoryProducer } from 'outspool';
import { deliver } from './deliver.mjs';

const producer = new MemoryProducer({ type: 'memory', name: 'late' });
await producer.start({ timeout: 60_000 });
const work = setInterval(() => {}, 1000); // holds the process open, as a server would
process.once('SIGINT', async () => {
  producer.produce({ topic: 'late', value: 1 });
  const { delivered } = await producer.shutdown(10_000);
  console.log(await deliver(), delivered);
  clearInterval(work);
  process.disconnect();
});
process.send('ready');
