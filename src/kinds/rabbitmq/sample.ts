/** What `produce init rabbitmq` writes. */

import type { Sample } from '../common/sample.ts';

export const SAMPLE: Sample = {
  what: 'Messages go to a queue or an exchange of RabbitMQ. Needs the package amqplib: npm install amqplib',
  page: 'docs/kinds/rabbitmq.md',
  settings: [
    { yaml: `url: \${RABBITMQ_URL:-amqp://localhost}`, why: 'amqps:// for TLS', isSet: true },
    { yaml: `username: \${RABBITMQ_USERNAME}`, why: 'guest by default' },
    { yaml: `password: \${RABBITMQ_PASSWORD}`, why: `a secret: a variable, or a file as \${file:secrets/password}` },
    { yaml: 'exchange: events', why: 'where messages go; by default to the queue that has the name of their topic' },
    { yaml: 'routing_key: "{topic}"', why: 'may hold {topic} and {key}' },
    { yaml: 'queue_name: events', why: 'a queue that must be there' },
    { yaml: 'declare: true', why: 'makes the exchange and the queue where they are missing' },
  ],
};
