import { join } from 'node:path';
import { ProducerRuntime } from 'outspool';
import { EmbeddedKafka } from 'outspool/testing';

const kafka = await EmbeddedKafka.start(); // a Kafka cluster in this process; leave it out where there is a real one
const env = { ...process.env, KAFKA: kafka.bootstrapServers };
const runtime = await ProducerRuntime.fromFile(join(import.meta.dirname, 'producers.yaml'), { env });
try {
  const analytics = runtime.producer('analytics-producer');

  analytics.produce({ key: 'user-1', value: { event: 'user_signup' } }); // returns at once
  analytics.produce({ value: { reason: 'timeout' } }, { isError: true }); // goes to the error topic

  const report = await analytics.send({ topic: 'orders', key: 'user-1', value: { total: 9.5 } });
  console.log(`acknowledged: ${report.topic}, partition ${report.partition}, offset ${report.offset}`);
} finally {
  console.log(await runtime.shutdown(10_000)); // what became of every message
  await kafka.stop();
}
