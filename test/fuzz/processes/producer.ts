/** A producer that has messages to send all the time, by `produce` and by `send`, whatever its server answers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { HttpProducer } from '../../../src/kinds/http/http-producer.ts';
import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import { RabbitmqProducer } from '../../../src/kinds/rabbitmq/rabbitmq-producer.ts';
import { quiet } from '../../support/quiet.ts';
import { ready, report, SHUTDOWN_MS, settings, untilTold } from './under-test.ts';

const EVERY_MS = 5;
const SEND_MS = 1000;
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
    producer.produce({ value: { at: sent }, key: `k${sent}` });
    sent++;
    const settle = () => {
      settled++;
    };
    void producer.send({ value: 'awaited' }, { timeout: SEND_MS }).then(settle, settle);
    await sleep(EVERY_MS);
  }
})();
ready();
await untilTold();
isOver = true;
await load;
const begin = performance.now();
const { timedOut: _timedOut, ...outcome } = await producer.shutdown(SHUTDOWN_MS);
const shutdownMs = Math.round(performance.now() - begin);
await sleep(0);
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
