/** The subject that keeps to the whole contract: what the suite is tried on, and what mutants are made of. */

import type { ContractFactory, ContractOptions } from '../../src/testing/contract.ts';
import { LineProducer } from '../fixtures/producers/line-producer.ts';
import { type LineServer, PASSWORD } from './line-server.ts';

const CLOSED_PORT = 1;

export const lineFactory =
  (server: LineServer, Class: typeof LineProducer = LineProducer): ContractFactory =>
  async ({ unavailable, settings, options, secret }) => {
    const producer = new Class(
      {
        type: 'custom',
        name: 'line',
        port: unavailable ? CLOSED_PORT : server.port,
        password: secret ?? PASSWORD,
        ...settings,
      },
      options,
    );
    return { producer, getMessageFromTopic: server.reader() };
  };

/** Everything that can be claimed. */
export const lineOptions = (server: LineServer): ContractOptions => ({
  features: {
    ordered: true,
    persistent: true,
    headers: true,
    keys: true,
    tombstones: true,
    batches: true,
    exactlyOnce: true,
  },
  server,
  poison: (topic) => ({ topic, key: 'contract', value: Buffer.from('poison') }),
  takesSecret: true,
});
