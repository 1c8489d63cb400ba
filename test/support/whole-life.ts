/**
 * Run as a process of its own: a producer from its start to its end. Prints a line of JSON about it. The arguments are the
 * file, the producer's name, and `dies` where its worker is to die in the middle.
 */

import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { ProducerRuntime } from '../../src/runtime.ts';
import { terminateWorkers } from './terminate-workers.ts';
import { PATIENT } from './until.ts';

const [file, name, death] = process.argv.slice(2) as [string, string, string | undefined];

async function live(): Promise<void> {
  const runtime = await ProducerRuntime.fromFile(file);
  const producer = runtime.producer(name);
  await producer.start(PATIENT);
  await producer.send({ value: 'first' }, PATIENT);
  if (death === 'dies') await terminateWorkers();
  producer.produce({ value: 'second' });
  await producer.flush(60_000);
  // What a worker's death does on this thread, also where there is no worker that could die.
  KafkaProducer.reclaim(new SharedArrayBuffer(KafkaProducer.ledgerBytes));
  await runtime.shutdown(5000);
  const { delivered, pending, workerRestarts: restarts } = producer.stats();
  process.stdout.write(`\n${JSON.stringify({ delivered, pending, restarts })}\n`);
}

await live().catch(({ message }: Error) => {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
});
