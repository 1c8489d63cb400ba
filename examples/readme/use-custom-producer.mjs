import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { WebhookProducer } from './custom-producer.mjs';

const server = createServer(async (request, response) => {
  const { topic, value } = await json(request);
  console.log(topic, value);
  response.end();
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
