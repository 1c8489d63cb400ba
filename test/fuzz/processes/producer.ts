/** A producer that has messages to send all the time, by `produce` and by `send`, whatever its server answers. */

import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { HttpProducer } from '../../../src/kinds/http/http-producer.ts';
import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import { RabbitmqProducer } from '../../../src/kinds/rabbitmq/rabbitmq-producer.ts';
import { ProducerClosedError } from '../../../src/shared/errors.ts';
import { quiet } from '../../support/quiet.ts';
import { ready, report, SHUTDOWN_MS, settings, untilTold } from './under-test.ts';

const EVERY_MS = 5;
const SEND_MS = 1000;
/** Enough for all callers that a round can have. */
const MOST_TURNS = 100;
/** Of each kind: failures are tried again soon, and messages are given up soon. */
const IMPATIENT = { name: 'fuzzed', backoff_seconds: 0.05, max_retries: 2, connect_timeout_seconds: 2 };

let letters = 0;
const options = {
  logger: quiet,
  deadLetter: () => {
    letters++;
  },
};

const config = { ...IMPATIENT, ...settings<{ type: string }>() };
const KINDS: Readonly<Record<string, () => KafkaProducer | HttpProducer | RabbitmqProducer>> = {
  kafka: () => new KafkaProducer(config as unknown as ConstructorParameters<typeof KafkaProducer>[0], options),
  http: () => new HttpProducer(config as unknown as ConstructorParameters<typeof HttpProducer>[0], options),
  rabbitmq: () => new RabbitmqProducer(config as unknown as ConstructorParameters<typeof RabbitmqProducer>[0], options),
};
const producer = (KINDS[config.type] as () => KafkaProducer)();

let sent = 0;
let settled = 0;
let isOver = false;
const load = (async () => {
  while (!isOver) {
    try {
      producer.produce({ value: { at: sent }, key: `k${sent}` });
    } catch (error) {
      // A mutated answer may say what ends a producer, such as that it was fenced.
      if (error instanceof ProducerClosedError) return;
      throw error;
    }
    sent++;
    const settle = () => {
      settled++;
    };
    void producer.send({ value: 'awaited' }, { timeout: SEND_MS }).then(settle, settle);
    await sleep(EVERY_MS);
  }
})();

/** Callers are told in slices, a part in each turn of the event loop. */
async function untilSettled(): Promise<void> {
  for (let turns = 0; settled < sent && turns < MOST_TURNS; turns++) await setImmediate();
}

ready();
await untilTold();
isOver = true;
await load;
const begin = performance.now();
const { timedOut: _timedOut, ...outcome } = await producer.shutdown(SHUTDOWN_MS);
const shutdownMs = Math.round(performance.now() - begin);
await untilSettled();
const { accepted } = producer.stats();
const total = Object.values(outcome).reduce((sum, count) => sum + count, 0);
report({
  shutdownMs,
  wrong: [
    ...(total === accepted ? [] : [`${accepted} messages were accepted, and ${total} have an outcome`]),
    ...(settled === sent ? [] : [`${sent} calls of send(), and ${settled} were settled`]),
    ...(letters === outcome.deadLettered ? [] : [`${outcome.deadLettered} dead letters counted, and ${letters} given`]),
  ],
  counts: { accepted, ...outcome },
});
