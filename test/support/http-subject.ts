/** The HTTP kind as the contract suite asks for it, in front of a server that keeps what it gets. */

import type { z } from 'zod';
import { HttpProducer } from '../../src/kinds/http/http-producer.ts';
import type { HttpProducerConfig } from '../../src/kinds/http/schema.ts';
import type { ContractFactory, ContractOptions } from '../../src/testing/contract.ts';
import { HttpSink, PASSWORD, USER } from './http-sink.ts';
import { quiet } from './quiet.ts';

const CLOSED_PORT = 'http://127.0.0.1:1';

/** Subjects that send to a path, with some settings of their own, on one server for all tests of the file that calls this. */
export function httpSubjects() {
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
  const options: Pick<ContractOptions, 'server' | 'poison' | 'takesSecret'> = {
    server: sink,
    poison: (topic) => ({ topic, key: 'contract', value: 'poison' }),
    takesSecret: true,
  };
  return { factory, options };
}
