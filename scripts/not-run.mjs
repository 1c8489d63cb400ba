/** What `npm test` leaves out, so that nobody takes it for everything. */

console.log('not run here: the tests against Apache Kafka (npm run test:brokers; needs Java 17, openssl and Maven)');
console.log('and those against RabbitMQ (npm run test:rabbitmq; needs the package rabbitmq-server, and openssl)');
