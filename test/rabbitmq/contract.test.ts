import { setTimeout as sleep } from 'node:timers/promises';
import type { GetMessage } from 'amqplib';
import { RabbitmqProducer } from '../../src/kinds/rabbitmq/rabbitmq-producer.ts';
import { type ContractFactory, type ContractServer, producerContract } from '../../src/testing/contract.ts';
import { Inspector, received } from './inspector.ts';
import { rabbitServer } from './one-server.ts';
import { Relay } from './relay.ts';
import { LARGEST, type RabbitServer } from './server.ts';

const NAME = 'contract';
const STEP_MS = 5;

let server: RabbitServer;
let relay: Relay;
let inspector: Inspector;

/** By topic, everything that has been taken out of the queue. */
const taken: GetMessage[] = [];

/** Takes messages out only when somebody asks: what nobody has asked for is still the server's to keep. */
function reader(): Awaited<ReturnType<ContractFactory>>['getMessageFromTopic'] {
  const positions = new Map<string, number>();
  return async (topic, timeoutMs) => {
    const position = positions.get(topic) ?? 0;
    positions.set(topic, position + 1);
    for (const end = performance.now() + timeoutMs; performance.now() < end; ) {
      const found = taken.filter(({ fields }) => fields.routingKey === topic)[position];
      if (found !== undefined) return received(found);
      const next = await inspector.take(NAME);
      if (next === undefined) await sleep(STEP_MS);
      else taken.push(next);
    }
    throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
  };
}

const factory: ContractFactory = async ({ unavailable, settings, options, secret }) => {
  const url = unavailable ? 'amqp://127.0.0.1:1' : server.url(relay.port);
  const own = { ...server.settings, url, ...(secret !== undefined && { password: secret }) };
  const producer = new RabbitmqProducer({ ...own, name: NAME, exchange: NAME, ...settings, type: 'rabbitmq' }, options);
  return { producer, getMessageFromTopic: reader() };
};

const contractServer: ContractServer = {
  interrupt: () => relay.interrupt(),
  restore: () => relay.restore(),
  restart: async () => {
    await server.restart();
    inspector = await Inspector.connect(server);
  },
};

describe('RabbitMQ', () => {
  before(async function () {
    this.timeout(120_000);
    server = await rabbitServer();
    relay = new Relay(server.port);
    await relay.restore();
    inspector = await Inspector.connect(server);
    await inspector.pair(NAME);
  });
  after(async () => {
    await relay.interrupt();
    await inspector.close();
  });

  producerContract('RabbitMQ', factory, {
    features: {
      ordered: true,
      persistent: true,
      headers: true,
      keys: true,
      tombstones: true,
      batches: false,
      exactlyOnce: false,
    },
    server: contractServer,
    poison: (topic) => ({ topic, value: Buffer.alloc(LARGEST + 1) }),
    takesSecret: true,
  });
});
