import { createServer } from 'node:http';
import { WebhookProducer } from './custom-producer.mjs';

const server = createServer((request, response) => {
  console.log(`${request.method} ${request.headers['x-topic']}`);
  request.resume().on('end', () => response.end());
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const url = `http://127.0.0.1:${server.address().port}/`;
const signups = new WebhookProducer({ type: 'custom', name: 'signups', max_retries: 2, url });
try {
  await signups.send({ value: { event: 'user_signup' } });
} finally {
  await signups.shutdown(10_000);
  server.close();
}
