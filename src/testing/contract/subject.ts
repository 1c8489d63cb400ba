/** Types of the suite's input: a factory of producers, a way to read what they delivered, and control over the server. */

import type { z } from 'zod';
import type { BaseProducer } from '../../caller/base-producer.ts';
import type { ProducerOptions } from '../../caller/producer-options.ts';
import type { BaseProducerConfig } from '../../config/schema/base.ts';
import type { MessageInput } from '../../shared/message/message.ts';
import type { Features } from './features.ts';
import type { ContractReport } from './report.ts';

/** A message as it arrived. */
export interface ReceivedMessage {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: ReadonlyArray<readonly [string, Uint8Array | null]>;
}

/** A producer to test, and a way to read what it delivered. */
export interface ContractSubject {
  readonly producer: BaseProducer<z.ZodObject>;
  /** Resolves with the next message of the topic that it has not returned yet. @throws when none comes within `timeoutMs` */
  getMessageFromTopic(topic: string, timeoutMs: number): Promise<ReceivedMessage>;
}

/** Settings that every kind has, in the form of the configuration. */
export type ContractSettings = Partial<z.input<typeof BaseProducerConfig>>;

export interface FactoryOptions {
  /** Whether the producer must be configured for a server that does not exist. */
  readonly unavailable: boolean;
  /** Settings for the producer's configuration, which override the factory's own. Empty without `features`. */
  readonly settings: ContractSettings;
  /** Options for the producer's constructor, which override the factory's own. */
  readonly options: ProducerOptions;
  /** Password, token or the like to configure, if the kind takes one. Undefined means the right one. */
  readonly secret?: string;
}

/** A subject as an object, or as a pair. */
export type MadeSubject =
  | ContractSubject
  | readonly [ContractSubject['producer'], ContractSubject['getMessageFromTopic']];

/** Makes a new subject at each call, often two in a test. The suite shuts its producer down. */
export type ContractFactory = (options: FactoryOptions) => Promise<ContractSubject>;

/** Factory in the forms that the suite accepts. */
export type SubjectFactory = (options: FactoryOptions) => Promise<MadeSubject> | MadeSubject;

const EXPECTED = 'expected { producer, getMessageFromTopic } or [producer, getMessageFromTopic]';

/** Converts the result of a factory. @throws TypeError that explains what the factory must resolve with */
export function subjectFrom(made: MadeSubject): ContractSubject {
  const [producer, reader] = isPair(made) ? made : [made?.producer, made?.getMessageFromTopic];
  if (typeof producer?.publish !== 'function' || typeof producer.shutdown !== 'function')
    throw new TypeError(`the factory of the contract resolved without a producer: ${EXPECTED}`);
  if (typeof reader !== 'function')
    throw new TypeError(`the factory of the contract resolved without a function getMessageFromTopic: ${EXPECTED}`);
  return { producer, getMessageFromTopic: (topic, timeoutMs) => reader.call(made, topic, timeoutMs) };
}

const isPair = (made: MadeSubject): made is Extract<MadeSubject, readonly unknown[]> => Array.isArray(made);

/** Control over the server, or what stands for it. One server serves all subjects. */
export interface ContractServer {
  /** Closes all connections and refuses new ones, until `restore`. */
  interrupt(): Promise<void> | void;
  restore(): Promise<void> | void;
  /** Stops and starts the server, which keeps its stored data. Needed for `persistent`. @default interrupt, then restore */
  restart?(): Promise<void> | void;
  /** Number of requests with messages so far, of which the suite takes differences. Needed for `batches`. */
  requests?(): Promise<number> | number;
}

/** Functions of mocha, or of a similar runner. */
export interface Runner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
  /** If present, the table of all subjects is printed after all tests. */
  after?(body: () => void): unknown;
}

export interface ContractOptions {
  /** Claims of the kind. Without them only the base checks run. */
  readonly features?: Features;
  /** Control over the server, if the test can stop it. Without it, outages are not tested. */
  readonly server?: ContractServer;
  /** Makes a message that the server refuses permanently, if there is one. */
  readonly poison?: (topic: string) => MessageInput;
  /** Whether the hooks run on the caller's thread (`runsInline`). @default false */
  readonly inline?: boolean;
  /** Whether the kind takes a secret, and the factory uses `secret`. @default false */
  readonly takesSecret?: boolean;
  /** @default the global `describe`, `it` and `after` */
  readonly runner?: Runner;
  /** Collects the results. @default the report that is printed at the end */
  readonly report?: Pick<ContractReport, 'row'>;
}
