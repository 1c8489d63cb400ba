/** What becomes of a message whose destination was never reached: no outcome says that it may have it. */

import { expect } from 'chai';
import type { BaseProducer } from '../../src/index.ts';
import { HttpProducer, KafkaProducer, RabbitmqProducer } from '../../src/index.ts';
import { quiet } from '../support/quiet.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const OPTIONS = { logger: quiet };
type Common = { readonly name: string; readonly max_retries: number; readonly queue: object };

/** Nothing listens at port 1. */
const KINDS: Readonly<
  Record<string, (common: Common) => Pick<BaseProducer, 'send' | 'enqueue' | 'start' | 'shutdown'>>
> = {
  kafka: (common) => new KafkaProducer({ type: 'kafka', bootstrap_servers: '127.0.0.1:1', ...common }, OPTIONS),
  http: (common) => new HttpProducer({ type: 'http', url: 'http://127.0.0.1:1', ...common }, OPTIONS),
  rabbitmq: (common) =>
    new RabbitmqProducer({ type: 'rabbitmq', url: 'amqp://127.0.0.1:1', queue_name: 'q', ...common }, OPTIONS),
};

describe('a message for a server that was never there', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  for (const [kind, make] of Object.entries(KINDS))
    for (const [where, outcome] of [
      ['in memory', 'withdrawn'],
      ['in a spool', 'spooled'],
    ] as const)
      it(`is ${outcome} when its caller waits no longer: ${kind}, ${where}`, async () => {
        const queue = where === 'in memory' ? {} : { spool: { path: directory() } };
        const producer = make({ name: kind, max_retries: 0, queue });
        const caller = new AbortController();
        const sent = producer.send({ value: 1 }, { signal: caller.signal, timeout: '50s' }).catch((thrown) => thrown);
        await producer.start({ timeout: '50s' }).catch(() => {});
        await producer.enqueue({ value: 2 }, { timeout: '50s' }); // with a spool: both are on disk
        caller.abort();
        expect(await sent).to.include({ name: 'PublishError', outcome });
        await producer.shutdown('10s');
      });
});
