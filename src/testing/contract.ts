/**
 * The producer contract: what every producer must do, whatever it delivers to. Run it under mocha against your own:
 *
 *     producerContract('my producer', async ({ unavailable }) => ({ producer, getMessageFromTopic }));
 */

import assert from 'node:assert/strict';
import type { BaseProducer } from '../base-producer.ts';
import { ProducerClosedError, PublishError } from '../errors.ts';

/** A message as it arrived. */
export interface ReceivedMessage {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: ReadonlyArray<readonly [string, Uint8Array | null]>;
}

/** A producer to be tested, and a way to see what it delivered. */
export interface ContractSubject {
  readonly producer: Pick<BaseProducer, 'produce' | 'publish' | 'flush' | 'stats' | 'shutdown'>;
  /** The next message of the topic that it has not returned yet. @throws when none comes within `timeoutMs` */
  getMessageFromTopic(topic: string, timeoutMs: number): Promise<ReceivedMessage>;
}

export interface FactoryOptions {
  /** The producer is to point to a server that is not there. */
  readonly unavailable: boolean;
}

/** Makes a new subject for each test; the suite shuts its producer down. */
export type ContractFactory = (options: FactoryOptions) => Promise<ContractSubject>;

/** mocha's, or those of a runner like it. */
interface Runner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
}

type Check = (subject: ContractSubject, topic: string) => Promise<void>;

const TIMEOUT_MS = 10_000;
const MANY = 200;
const PAYLOAD = Uint8Array.of(0, 1, 2, 127, 128, 254, 255);

const bytes = (part: Uint8Array | null | undefined) => Buffer.from(part ?? []).toString('hex');

const publishSimpleMessage: Check = async ({ producer, getMessageFromTopic }, topic) => {
  await producer.publish(topic, PAYLOAD);
  const { value } = await getMessageFromTopic(topic, TIMEOUT_MS);
  assert.equal(bytes(value), bytes(PAYLOAD));
};

const publishWithKey: Check = async ({ producer, getMessageFromTopic }, topic) => {
  await producer.publish(topic, PAYLOAD, { key: 'user-123' });
  const { key } = await getMessageFromTopic(topic, TIMEOUT_MS);
  assert.equal(Buffer.from(key ?? []).toString(), 'user-123');
};

const publishWithHeaders: Check = async ({ producer, getMessageFromTopic }, topic) => {
  const headers = { traceparent: '00-4bf92f-00f067-01', 'content-type': 'application/json' };
  await producer.publish(topic, PAYLOAD, { headers });
  const received = (await getMessageFromTopic(topic, TIMEOUT_MS)).headers;
  const text = received.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]);
  for (const [name, value] of Object.entries(headers))
    assert.equal(text.find(([received]) => received === name)?.[1], value);
};

const publishToUnavailableBroker: Check = async ({ producer }, topic) => {
  const sent = producer.publish(topic, PAYLOAD, { timeout: 2000 });
  await assert.rejects(sent, (error) => error instanceof PublishError);
};

/** I1: at every instant, what was accepted is in exactly one place. `stats()` counts by walking and checks the books. */
const accounts: Check = async ({ producer }, topic) => {
  for (let index = 0; index < MANY; index++) {
    producer.produce({ topic, key: 'a', value: index });
    if (index % 10 === 0) assertBalanced(producer);
  }
  assert.deepEqual(await producer.flush(TIMEOUT_MS), { remaining: 0 });
  assertBalanced(producer);
  assert.equal(producer.stats().delivered, MANY);
};

function assertBalanced(producer: ContractSubject['producer']): void {
  const { accepted, recovered, pending, ...rest } = producer.stats();
  const settled = rest.delivered + rest.deadLettered + rest.dropped + rest.expired + rest.undelivered + rest.spooled;
  assert.equal(accepted + recovered, settled + pending);
  assert.equal(pending, rest.queued + rest.inFlight);
}

/** I5: one producer delivers in the order in which it accepted. */
const keepsOrder: Check = async ({ producer, getMessageFromTopic }, topic) => {
  for (let index = 0; index < MANY; index++) producer.produce({ topic, key: 'a', value: index });
  for (let index = 0; index < MANY; index++) {
    const { value } = await getMessageFromTopic(topic, TIMEOUT_MS);
    assert.equal(Buffer.from(value ?? []).toString(), String(index));
  }
};

/** I7: shutdown ends by its deadline, says what became of every message, and is idempotent. */
const shutsDown: Check = async ({ producer }, topic) => {
  for (let index = 0; index < MANY; index++) producer.produce({ topic, key: 'a', value: index });
  const before = performance.now();
  const first = producer.shutdown(2000);
  assert.equal(producer.shutdown(2000), first);
  const { delivered, deadLettered, dropped, expired, spooled, undelivered } = await first;
  assert.ok(performance.now() - before < 2500);
  assert.equal(delivered + deadLettered + dropped + expired + spooled + undelivered, MANY);
  assert.throws(() => producer.produce({ topic, value: 'late' }), ProducerClosedError);
};

const CHECKS: ReadonlyArray<readonly [string, FactoryOptions, Check]> = [
  ['publishes a simple message', { unavailable: false }, publishSimpleMessage],
  ['publishes with a key', { unavailable: false }, publishWithKey],
  ['publishes with headers', { unavailable: false }, publishWithHeaders],
  ['rejects with PublishError when the server is not there', { unavailable: true }, publishToUnavailableBroker],
  ['accounts for every message at every instant (I1)', { unavailable: false }, accounts],
  ['delivers in the order of acceptance (I5)', { unavailable: false }, keepsOrder],
  ['shuts down by its deadline, once, and counts everything (I7)', { unavailable: false }, shutsDown],
  ['shuts down by its deadline when the server is not there (I7)', { unavailable: true }, shutsDown],
];

/** Registers the suite. `runner` defaults to the global `describe` and `it`. */
export function producerContract(
  name: string,
  factory: ContractFactory,
  runner: Runner = globalThis as unknown as Runner,
): void {
  runner.describe(`producer contract: ${name}`, () => {
    for (const [index, [title, options, check]] of CHECKS.entries())
      runner.it(title, () => run(factory, options, (subject) => check(subject, `contract-${index}-${Date.now()}`)));
  });
}

async function run(
  factory: ContractFactory,
  options: FactoryOptions,
  check: (subject: ContractSubject) => Promise<void>,
): Promise<void> {
  const subject = await factory(options);
  try {
    await check(subject);
  } finally {
    await subject.producer.shutdown(1000);
  }
}
