/** What `npm test` leaves out, so that nobody takes it for everything. */

import path from 'node:path';
import { isCompiled } from './compiled-addon.mjs';

const NODE_RDKAFKA = path.resolve(import.meta.dirname, '../node_modules/node-rdkafka');

console.log('not run here: the tests against Apache Kafka (npm run test:brokers; needs Java 17, openssl and Maven)');
console.log('and those against RabbitMQ (npm run test:rabbitmq; needs the package rabbitmq-server, and openssl)');
if (!isCompiled(NODE_RDKAFKA))
  console.log(
    "not run either: those of the driver 'node-rdkafka', which is compiled where g++, make and python3 are (npm run build:all)",
  );
