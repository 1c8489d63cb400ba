/** Makes a subject with one thing wrong out of the one that keeps the contract. */

import type { BaseProducer } from '../../../src/caller/base-producer.ts';
import type {
  ContractFactory,
  ContractServer,
  ContractSubject,
  ReceivedMessage,
} from '../../../src/testing/contract.ts';
import { LineProducer } from '../../fixtures/producers/line-producer.ts';
import type { LineServer } from '../../support/line-server.ts';
import { lineFactory } from '../../support/line-subject.ts';

type Producer = ContractSubject['producer'];
type Read = ContractSubject['getMessageFromTopic'];

export interface Mutation {
  /** On the worker's side. */
  readonly Class?: typeof LineProducer;
  /** On the caller's side: methods in the place of the producer's own. */
  readonly face?: (producer: Producer) => Partial<Record<keyof BaseProducer | symbol, unknown>>;
  /** On the way: what arrives of each message; nothing, or several. */
  readonly arriving?: (message: ReceivedMessage, index: number) => readonly ReceivedMessage[];
  /** What of its settings or options the factory forgets. */
  readonly forgets?: readonly string[];
  /** What is done to the options. */
  readonly options?: (options: Parameters<ContractFactory>[0]['options']) => object;
  /** How long its reader looks for a message, in ms, where the suite would wait longer for what does not come. */
  readonly patienceMs?: number;
  /** The server's side. */
  readonly server?: (server: LineServer) => Partial<ContractServer>;
}

const without = <T extends object>(from: T, keys: readonly string[]): T =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key))) as T;

export function mutate(server: LineServer, mutation: Mutation): ContractFactory {
  const {
    forgets = [],
    patienceMs = Number.POSITIVE_INFINITY,
    options: change = (options) => options,
    face,
    arriving,
  } = mutation;
  const factory = lineFactory(server, mutation.Class ?? LineProducer);
  return async ({ settings, options, ...asked }) => {
    const subject = await factory({
      ...asked,
      settings: without(settings, forgets),
      options: change(without(options, forgets)),
    });
    const { producer, getMessageFromTopic } = subject;
    const read: Read = (topic, ms) => getMessageFromTopic(topic, Math.min(ms, patienceMs));
    return {
      producer: face ? faced(producer, face(producer)) : producer,
      getMessageFromTopic: arriving ? changing(read, arriving) : read,
    };
  };
}

/** Private fields are found on the producer alone, so its methods are called on it. */
function faced(producer: Producer, changes: object): Producer {
  return new Proxy(producer, {
    get(target, key) {
      if (key in changes) return Reflect.get(changes, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' && key !== 'constructor' ? value.bind(target) : value;
    },
  });
}

function changing(read: Read, arriving: NonNullable<Mutation['arriving']>): Read {
  const waiting: ReceivedMessage[] = [];
  let index = 0;
  return async (topic, ms) => {
    while (waiting.length === 0) waiting.push(...arriving(await read(topic, ms), index++));
    return waiting.shift() as ReceivedMessage;
  };
}
