import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Message } from 'outspool';
import { producerContract } from 'outspool/testing';
import { WebhookProducer } from './custom-producer.mjs';

const received = [];
const server = createServer(async (request, response) => {
  received.push(Message.fromJSON(await json(request)));
  response.end();
});
before(() => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => server.close());

async function getMessageFromTopic(topic, timeoutMs) {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(5)) {
    const at = received.findIndex((message) => message.topic === topic);
    if (at >= 0) return received.splice(at, 1)[0];
  }
  throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
}

producerContract('my webhook', async ({ unavailable, settings, options }) => {
  const { port } = unavailable ? { port: 1 } : server.address();
  const config = { type: 'custom', name: 'webhook', url: `http://127.0.0.1:${port}/`, ...settings };
  return { producer: new WebhookProducer(config, options), getMessageFromTopic };
});
