import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { QueueFullError } from '../../src/shared/errors.ts';
import { quiet } from '../support/quiet.ts';
import { brokers, type ClusterKafka, consumeAll, createTopic, kill, restart } from './index.ts';

/** 3 minutes in the long tier. */
const OUTAGE_MS = Number(process.env.OUTSPOOL_OUTAGE_MS ?? 20_000);
/** Ends while nothing is there, so that a fresh client meets the brokers that come back. */
const ATTEMPT_SECONDS = 15;
const A_SECOND = 5000;
const BOUND = 10_000;
const TICK_MS = 20;
const POLICIES = ['reject', 'drop_oldest', 'drop_newest'] as const;
/** Memory at the end of the outage may be this much above that at its third part: garbage that is not yet collected. */
const FLAT = 1.2;

describe('a broker that is down', function () {
  this.timeout(OUTAGE_MS * 3 + 180_000);

  const kafka = brokers('cluster');
  after(() => Promise.all(kafka.brokers.map((broker) => restart(broker))));

  it(`${OUTAGE_MS / 1000} s at ${A_SECOND} messages/s: memory flat, the policies count right, what was accepted arrives`, async () => {
    const loads = await Promise.all(POLICIES.map((policy) => Load.start(kafka, policy)));
    for (const load of loads) load.produce(100);
    await Promise.all(loads.map(({ producer }) => producer.flush(10_000)));
    await Promise.all(kafka.brokers.map(kill));

    const memory = await outage(loads);
    const stats = loads.map(({ producer }) => producer.stats());
    await Promise.all(kafka.brokers.map((broker) => restart(broker)));
    for (const { producer } of loads) expect(await producer.flush(90_000)).to.deep.equal({ remaining: 0 });

    for (const [index, load] of loads.entries()) {
      expect(stats[index]?.pending, `${load.policy}: pending in the outage`).to.equal(BOUND);
      await load.check();
    }
    console.log(`      RssAnon in MB, by tenths of the outage: ${memory.join(' ')}`);
    expect(memory.at(-1)).to.be.at.most((memory[3] as number) * FLAT);
    await Promise.all(loads.map(({ producer }) => producer.shutdown(5000)));
  });
});

/** Produces through the outage. @returns the highest anonymous memory of each tenth of it, in MB */
async function outage(loads: readonly Load[]): Promise<number[]> {
  const tenths: number[] = [];
  const began = performance.now();
  for (let elapsed = 0; elapsed < OUTAGE_MS; elapsed = performance.now() - began) {
    const tenth = Math.floor((elapsed / OUTAGE_MS) * 10);
    tenths[tenth] = Math.max(tenths[tenth] ?? 0, anonymousMegabytes());
    const due = Math.ceil((A_SECOND * elapsed) / 1000 / loads.length);
    for (const load of loads) load.produce(due - load.inOutage);
    await sleep(TICK_MS);
  }
  return tenths;
}

function anonymousMegabytes(): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

/** One producer with its policy, and what the policy is to make of the load. */
class Load {
  readonly policy: (typeof POLICIES)[number];
  readonly producer: KafkaProducer;
  readonly #topic: string;
  #produced = 0;
  #rejected: number[] = [];

  static async start(kafka: ClusterKafka, policy: (typeof POLICIES)[number]): Promise<Load> {
    const topic = `outage-${policy.replace('_', '-')}-${randomUUID()}`;
    await createTopic(kafka, topic, { partitions: 1 });
    return new Load(kafka.bootstrapServers.plaintext, policy, topic);
  }

  constructor(bootstrap_servers: string, policy: (typeof POLICIES)[number], topic: string) {
    this.policy = policy;
    this.#topic = topic;
    const queue = { max_messages: BOUND, when_full: policy };
    const config = { type: 'kafka' as const, name: topic, bootstrap_servers, compression: 'none' as const, queue };
    this.producer = new KafkaProducer(
      { ...config, max_retries: 0, attempt_timeout_seconds: ATTEMPT_SECONDS, backoff_seconds: 1 },
      { logger: quiet },
    );
  }

  get inOutage(): number {
    return this.#produced - 100;
  }

  produce(count: number): void {
    for (let left = count; left > 0; left--) {
      const id = this.#produced++;
      try {
        this.producer.produce({ value: { id, filler: 'x'.repeat(80) } });
      } catch (error) {
        if (!(error instanceof QueueFullError)) throw error;
        this.#rejected.push(id);
      }
    }
  }

  /** What was accepted and not dropped is in the topic, once and in order, and nothing else. */
  async check(): Promise<void> {
    const { accepted, delivered, dropped } = this.producer.stats();
    const ids: number[] = [];
    await consumeAll(brokers('cluster'), this.#topic, {
      each: ({ value }) => ids.push((JSON.parse(String(value)) as { id: number }).id),
    });
    console.log(
      `      ${this.policy}: produced ${this.#produced}, rejected ${this.#rejected.length}, dropped ${dropped}, delivered ${delivered}, read ${ids.length}`,
    );
    expect(accepted, `${this.policy}: accepted`).to.equal(this.#produced - this.#rejected.length);
    expect(delivered, `${this.policy}: delivered`).to.equal(accepted - dropped);
    expect(ids, `${this.policy}: read`).to.have.length(delivered);
    expect(ids).to.deep.equal([...new Set(ids)].sort((a, b) => a - b));
    expect(this.policy === 'reject' ? this.#rejected.length : dropped).to.equal(this.#produced - 100 - BOUND);
    // drop_oldest keeps the last ones, but for what the worker held; the others the first ones.
    if (this.policy === 'drop_oldest') expect(ids.at(-1)).to.equal(this.#produced - 1);
    else expect(ids.at(-1)).to.equal(100 + BOUND - 1);
  }
}
