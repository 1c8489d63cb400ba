import type { z } from 'zod';
import type { HttpProducerConfig } from '../../src/config/http.ts';
import { HttpProducer } from '../../src/producers/http/http-producer.ts';
import { type ContractFactory, type ContractOptions, producerContract } from '../../src/testing/contract.ts';
import { HttpSink, PASSWORD, USER } from '../support/http-sink.ts';
import { quiet } from '../support/quiet.ts';

const CLOSED_PORT = 'http://127.0.0.1:1';

const sink = new HttpSink();
before(() => sink.restore());
after(() => sink.interrupt());

const factory =
  (path: string, own: Partial<z.input<typeof HttpProducerConfig>>): ContractFactory =>
  async ({ unavailable, settings = {}, options = {}, secret }) => {
    const producer = new HttpProducer(
      {
        name: 'contract',
        url: `${unavailable ? CLOSED_PORT : sink.url}${path}`,
        auth: { basic: { username: USER, password: secret ?? PASSWORD } },
        ...own,
        ...settings,
        type: 'http',
      },
      { logger: quiet, ...options },
    );
    return { producer, getMessageFromTopic: (topic, timeoutMs) => sink.inbox.take(topic, timeoutMs) };
  };

const server: Pick<ContractOptions, 'server' | 'poison' | 'takesSecret'> = {
  server: sink,
  poison: (topic) => ({ topic, key: 'contract', value: 'poison' }),
  takesSecret: true,
};

producerContract('HTTP, a request for each message', factory('/{topic}?key={key:-}', { body: 'raw' }), {
  ...server,
  features: {
    ordered: true,
    persistent: true,
    headers: { text: true, binary: 'refused', empty: true, null: 'empty', repeated: true },
    keys: true,
    tombstones: false,
    batches: false,
    exactlyOnce: true, // this server discards what has a name that it knows
  },
});

const BATCHES = { body: 'ndjson', envelope: true, batch: { linger: '5ms' } } as const;
producerContract('HTTP in batches of lines', factory('/in', BATCHES), {
  ...server,
  features: {
    ordered: true,
    persistent: true,
    headers: true,
    keys: true,
    tombstones: true,
    batches: true,
    exactlyOnce: false,
  },
});
