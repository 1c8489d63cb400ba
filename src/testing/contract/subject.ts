/** What the suite is given: a factory of producers, a way to see what they delivered, and what may be done to the server. */

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

/** A producer to be tested, and a way to see what it delivered. */
export interface ContractSubject {
  readonly producer: BaseProducer<z.ZodObject>;
  /** The next message of the topic that it has not returned yet. @throws when none comes within `timeoutMs` */
  getMessageFromTopic(topic: string, timeoutMs: number): Promise<ReceivedMessage>;
}

/** Settings that every kind has, as its configuration takes them. */
export type ContractSettings = Partial<z.input<typeof BaseProducerConfig>>;

export interface FactoryOptions {
  /** The producer is to point to a server that is not there. */
  readonly unavailable: boolean;
  /** For the producer's configuration, over the factory's own. Empty without `features`. */
  readonly settings: ContractSettings;
  /** For the producer's constructor, over the factory's own. */
  readonly options: ProducerOptions;
  /** The password, token or the like to be configured, where the kind takes one; undefined = the right one. */
  readonly secret?: string;
}

/** A subject as an object, or as a pair. */
export type MadeSubject =
  | ContractSubject
  | readonly [ContractSubject['producer'], ContractSubject['getMessageFromTopic']];

/** Makes a new subject whenever it is called, often twice in a test; the suite shuts its producer down. */
export type ContractFactory = (options: FactoryOptions) => Promise<ContractSubject>;

/** What the suite takes for a factory. */
export type SubjectFactory = (options: FactoryOptions) => Promise<MadeSubject> | MadeSubject;

const EXPECTED = 'expected { producer, getMessageFromTopic } or [producer, getMessageFromTopic]';

/** What a factory has resolved with. @throws TypeError that says what it must resolve with */
export function subjectFrom(made: MadeSubject): ContractSubject {
  const [producer, reader] = isPair(made) ? made : [made?.producer, made?.getMessageFromTopic];
  if (typeof producer?.publish !== 'function' || typeof producer.shutdown !== 'function')
    throw new TypeError(`the factory of the contract resolved without a producer: ${EXPECTED}`);
  if (typeof reader !== 'function')
    throw new TypeError(`the factory of the contract resolved without a function getMessageFromTopic: ${EXPECTED}`);
  return { producer, getMessageFromTopic: (topic, timeoutMs) => reader.call(made, topic, timeoutMs) };
}

const isPair = (made: MadeSubject): made is Extract<MadeSubject, readonly unknown[]> => Array.isArray(made);

/** What can be done to the server, or whatever stands in its place. One server serves all subjects. */
export interface ContractServer {
  /** Ends its connections and serves nobody, until `restore`. */
  interrupt(): Promise<void> | void;
  restore(): Promise<void> | void;
  /** Ends and starts again; what it keeps, it still has. Needed for `persistent`. @default interrupt, then restore */
  restart?(): Promise<void> | void;
  /** How many requests with messages it has served so far, of which differences are taken. Needed for `batches`. */
  requests?(): Promise<number> | number;
}

/** mocha's, or those of a runner like it. */
export interface Runner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
  /** Where there is one, the table of all subjects is printed when everything has run. */
  after?(body: () => void): unknown;
}

export interface ContractOptions {
  /** What the kind claims. Without it the base suite alone is run. */
  readonly features?: Features;
  /** Where there is a server that the test can stop. Without it, what outages do is not tried. */
  readonly server?: ContractServer;
  /** A message that the server refuses for good, where there is such a thing. */
  readonly poison?: (topic: string) => MessageInput;
  /** The hooks run on the caller's thread (`runsInline`). @default false */
  readonly inline?: boolean;
  /** The kind takes a secret, and the factory heeds `secret`. @default false */
  readonly takesSecret?: boolean;
  /** @default the global `describe`, `it` and `after` */
  readonly runner?: Runner;
  /** Where results are gathered. @default the one that is printed at the end */
  readonly report?: Pick<ContractReport, 'row'>;
}
