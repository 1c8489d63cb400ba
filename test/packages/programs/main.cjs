/** The same in CommonJS, by `require()`. */

const { KafkaProducer } = require('outspool');
const { EmbeddedKafka, readTopic } = require('outspool/testing');

async function main() {
  const kafka = await EmbeddedKafka.start();
  const { bootstrapServers } = kafka;
  const config = { type: 'kafka', name: 'orders', bootstrap_servers: bootstrapServers, compression: 'zstd' };
  const producer = new KafkaProducer(config);
  await producer.send({ topic: 'orders', key: 'k', value: { total: 9.5 } }, { timeout: 60_000 });
  const [message] = await readTopic({ bootstrapServers, topic: 'orders', count: 1 });
  await producer.shutdown(10_000);
  await kafka.stop();
  console.log(`delivered: ${message.value}`);
}

main();
