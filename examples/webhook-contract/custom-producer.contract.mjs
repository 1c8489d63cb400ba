import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Message } from 'outspool';
import { producerContract } from 'outspool/testing';
import { WebhookProducer } from './custom-producer.mjs';

const messages = [];
let requests = 0;
const server = createServer(async (request, response) => {
  messages.push(Message.fromJSON(await json(request)));
  requests++;
  response.end();
});
const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
before(() => listen(0));
after(() => server.close());

function reader() {
  let next = 0; // each test has a reader of its own
  return async (topic, timeoutMs) => {
    for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(5)) {
      while (next < messages.length) if (messages[next++].topic === topic) return messages[next - 1];
    }
    throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
  };
}

async function factory({ unavailable, settings, options }) {
  const { port } = unavailable ? { port: 1 } : server.address();
  const config = { type: 'custom', name: 'webhook', url: `http://127.0.0.1:${port}/`, ...settings };
  return { producer: new WebhookProducer(config, options), getMessageFromTopic: reader() };
}

let port;
producerContract('my webhook', factory, {
  features: {
    ordered: true,
    persistent: false, // this server keeps nothing
    headers: true,
    keys: true,
    tombstones: true,
    batches: false,
    exactlyOnce: false,
  },
  server: {
    interrupt: () => {
      ({ port } = server.address());
      server.close();
      server.closeAllConnections();
    },
    restore: () => listen(port),
    requests: () => requests,
  },
});
