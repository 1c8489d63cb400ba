/** I6: a message that can never be delivered becomes a dead letter, and no other message waits behind it. */

import assert from 'node:assert/strict';
import { routeTo } from '../../../routing/dead-letter-route.ts';
import { PublishError } from '../../../shared/errors.ts';
import type { MessageInput } from '../../../shared/message/message.ts';
import {
  assertAll,
  assertBalanced,
  type Check,
  type Claimed,
  IMPATIENT,
  numbers,
  produceAll,
  readAll,
  rejection,
  semantics,
  TIMEOUT_MS,
} from '../check.ts';

type Poison = (topic: string) => MessageInput;

const poisonIsAlone = (poison: Poison, { features }: Claimed): Check =>
  semantics('dead-letters a poison message, once, and delivers the others in order (I6)', async (bench) => {
    const subject = await bench.subject({ settings: IMPATIENT });
    const { producer, deadLetters } = subject;
    produceAll(subject, bench.topic, numbers(30));
    producer.produce(poison(bench.topic));
    produceAll(subject, bench.topic, numbers(30, 30));
    assert.deepEqual(await producer.flush(TIMEOUT_MS), { remaining: 0 });
    assertAll(await readAll(subject, bench.topic), numbers(60), features);
    assert.equal(deadLetters.length, 1, `${deadLetters.length} dead letters`);
    const [letter] = deadLetters;
    assert.deepEqual([letter?.reasonClass, letter?.producer], ['permanent', producer.name]);
    assert.ok((letter?.attempts.length ?? 0) > 0 && letter?.reason, 'a letter without its history');
    assert.equal(producer.stats().deadLettered, 1);
    assertBalanced(producer);
  });

const poisonIsTold = (poison: Poison): Check =>
  semantics('tells the sender of a poison message that it was dead-lettered', async (bench) => {
    const { producer } = await bench.subject({ settings: IMPATIENT });
    const error = await rejection(producer.send(poison(bench.topic), { timeout: TIMEOUT_MS }));
    assert.ok(error instanceof PublishError);
    assert.equal(error.outcome, 'dead_lettered');
    assert.ok(error.cause instanceof Error, 'without a cause');
  });

/** The target is a producer of the same kind, as in most applications. */
const shutdownLetters = ({ features }: Claimed): Check =>
  semantics('on_shutdown: dead_letter hands what is left to another producer, in order (I7)', async (bench) => {
    const target = await bench.subject();
    await target.producer.start({ timeout: TIMEOUT_MS });
    // Without the factory's spool, because spooled messages would stay on disk.
    const settings = { ...IMPATIENT, on_shutdown: 'dead_letter', queue: {} } as const;
    const options = { deadLetter: routeTo(() => target.producer, bench.topic) };
    const source = await bench.subject({ unavailable: true, settings, options });
    produceAll(source, `${bench.topic}-source`, numbers(20));
    const { deadLettered, undelivered } = await source.producer.shutdown(TIMEOUT_MS);
    assert.deepEqual({ deadLettered, undelivered }, { deadLettered: 20, undelivered: 0 });
    assertAll(await readAll(target, bench.topic), numbers(20), features);
  });

export const letterChecks = (options: Claimed): readonly Check[] => [
  shutdownLetters(options),
  ...(options.poison ? [poisonIsAlone(options.poison, options), poisonIsTold(options.poison)] : []),
];
