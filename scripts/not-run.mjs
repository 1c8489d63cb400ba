/** What `npm test` leaves out, so that nobody takes it for everything. */

import { existsSync } from 'node:fs';
import path from 'node:path';

const ADDON = path.resolve(import.meta.dirname, '../node_modules/node-rdkafka/build/Release/node-librdkafka.node');

console.log('not run here: the tests against Apache Kafka (npm run test:brokers; needs Java 17, openssl and Maven)');
console.log('and those against RabbitMQ (npm run test:rabbitmq; needs the package rabbitmq-server, and openssl)');
if (!existsSync(ADDON))
  console.log(
    "not run either: those of the driver 'node-rdkafka', which is compiled where g++, make and python3 are (npm run build:all)",
  );
