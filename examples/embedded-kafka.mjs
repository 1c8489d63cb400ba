// First steps without a broker: `node examples/embedded-kafka.mjs`. The cluster lives in this process and speaks Kafka.
import { KafkaProducer } from 'outspool';
import { EmbeddedKafka, readTopic } from 'outspool/testing';

const kafka = await EmbeddedKafka.start();
const signups = new KafkaProducer({ type: 'kafka', name: 'signups', bootstrap_servers: kafka.bootstrapServers });

// Resolves when the broker has acknowledged the message.
const report = await signups.send({ key: 'user-1', value: { event: 'user_signup' } });
console.log(`delivered to partition ${report.partition}, offset ${report.offset}`);

// Returns at once; false would mean: slow down.
for (let user = 2; user <= 1000; user++) signups.produce({ key: `user-${user}`, value: { event: 'user_signup' } });

const { delivered, undelivered } = await signups.shutdown(10_000);
console.log(`${delivered} delivered, ${undelivered} not`);

const messages = await readTopic({ bootstrapServers: kafka.bootstrapServers, topic: 'signups', count: 1000 });
console.log(`${messages.length} read back, among them ${messages[0].key}: ${messages[0].value}`);
await kafka.stop();
