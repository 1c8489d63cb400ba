import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import type { Logger } from '../../src/shared/log/logger.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT } from '../support/until.ts';
import { brokers, consumeAll, createTopic, kill, pause, restart, resume } from './index.ts';

/** In the long tier 300 000 messages and a stop of 20 s. */
const MESSAGES = Number(process.env.OUTSPOOL_FAILOVER_MESSAGES ?? 60_000);
const STOP_MS = Number(process.env.OUTSPOOL_FAILOVER_STOP_MS ?? 5_000);
const KEYS = 997;
const EVERY_MS = 10;

describe('a cluster of three that loses brokers', function () {
  this.timeout(600_000);

  const kafka = brokers('cluster');
  after(() => Promise.all(kafka.brokers.map((broker) => restart(broker))));

  it(`${MESSAGES} keyed messages through SIGKILL of each broker and a SIGSTOP of ${STOP_MS / 1000} s: all there, in order per key`, async () => {
    const topic = `failover-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 6, configs: { 'min.insync.replicas': '2' } });
    const resets = new ResetCounter();
    const producer = new KafkaProducer(
      { type: 'kafka', name: topic, bootstrap_servers: kafka.bootstrapServers.plaintext, compression: 'gzip' },
      { logger: resets.logger },
    );
    await producer.start(PATIENT);

    const load = new Load(producer);
    for (const broker of kafka.brokers) {
      await load.untilProduced((MESSAGES / 5) * broker.id);
      await kill(broker);
      await sleep(1000);
      await restart(broker);
    }
    const [stopped] = kafka.brokers;
    await load.untilProduced((MESSAGES / 5) * 4);
    if (stopped !== undefined) pause(stopped);
    await sleep(STOP_MS);
    if (stopped !== undefined) resume(stopped);
    await load.untilProduced(MESSAGES);
    expect(await producer.flush(120_000)).to.deep.equal({ remaining: 0 });
    const { accepted, delivered } = producer.stats();
    await producer.shutdown(5000);
    expect({ accepted, delivered }).to.deep.equal({ accepted: MESSAGES, delivered: MESSAGES });

    const read = new Readings();
    await consumeAll(kafka, topic, { each: ({ value }) => read.take(Number(value)) });
    console.log(
      `      read ${read.count}, ids ${read.ids}, duplicates ${read.duplicates}, out of order ${read.outOfOrder}, resets ${resets.count}`,
    );
    expect(read.ids).to.equal(MESSAGES);
    // What was in flight at a reset may come twice and late; without one, nothing does.
    if (resets.count === 0)
      expect({ duplicates: read.duplicates, outOfOrder: read.outOfOrder }).to.deep.equal({
        duplicates: 0,
        outOfOrder: 0,
      });
  });
});

/** Produces at an even pace, so that what happens to the cluster happens in the middle of it. */
class Load {
  readonly #producer: KafkaProducer;
  #id = 0;

  constructor(producer: KafkaProducer) {
    this.#producer = producer;
  }

  async untilProduced(end: number): Promise<void> {
    const pace = Math.ceil(MESSAGES / 3000);
    while (this.#id < end) {
      for (let left = pace; left > 0 && this.#id < end; left--)
        await this.#producer.enqueue({ key: `key-${this.#id % KEYS}`, value: this.#id++ }, PATIENT);
      await sleep(EVERY_MS);
    }
  }
}

/** An id is higher than all earlier ones of its key, or it is late or a duplicate. */
class Readings {
  readonly #seen = new Uint8Array(MESSAGES);
  readonly #last = new Int32Array(KEYS).fill(-1);
  count = 0;
  ids = 0;
  duplicates = 0;
  outOfOrder = 0;

  take(id: number): void {
    const key = id % KEYS;
    this.count++;
    if (this.#seen[id] === 1) this.duplicates++;
    else this.ids++;
    this.#seen[id] = 1;
    if (id < (this.#last[key] as number)) this.outOfOrder++;
    this.#last[key] = Math.max(id, this.#last[key] as number);
  }
}

/** Counts what the log says of resets. */
class ResetCounter {
  count = 0;
  readonly logger: Logger = {
    ...quiet,
    warn: (_fields, text) => {
      if (/^reset \d+ /.test(text)) this.count++;
    },
  };
}
