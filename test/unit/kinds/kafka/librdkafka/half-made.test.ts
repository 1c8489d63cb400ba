import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import sinon from 'sinon';
import type { KafkaDriverOptions } from '../../../../../src/kinds/kafka/driver.ts';
import { destroySoon } from '../../../../../src/kinds/kafka/librdkafka/close/destroy.ts';
import { Ledger } from '../../../../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { reclaimHandles } from '../../../../../src/kinds/kafka/librdkafka/close/reclaim.ts';
import { Consumer } from '../../../../../src/kinds/kafka/librdkafka/consume/consumer.ts';
import { askSettings } from '../../../../../src/kinds/kafka/librdkafka/inspect/describe-configs.ts';
import { askTopic } from '../../../../../src/kinds/kafka/librdkafka/inspect/describe-topic.ts';
import { Inquiry } from '../../../../../src/kinds/kafka/librdkafka/inspect/inquiry.ts';
import { refusedTogether } from '../../../../../src/kinds/kafka/librdkafka/inspect/trial.ts';
import { MockCluster } from '../../../../../src/kinds/kafka/librdkafka/mock/mock.ts';
import { Client } from '../../../../../src/kinds/kafka/librdkafka/native/client.ts';
import { createClient } from '../../../../../src/kinds/kafka/librdkafka/native/configure.ts';
import { loadNative } from '../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import type { Native } from '../../../../../src/kinds/kafka/librdkafka/native/native.ts';
import { selfTest } from '../../../../../src/kinds/kafka/librdkafka/native/self-test.ts';
import { Wakeup } from '../../../../../src/kinds/kafka/librdkafka/native/wakeup.ts';
import { Session } from '../../../../../src/kinds/kafka/librdkafka/send/session.ts';
import { ConfigError, ConnectError } from '../../../../../src/shared/errors.ts';
import { failingNative, scriptedNative } from '../../../../support/failing-native.ts';
import { until } from '../../../../support/until.ts';

const native = loadNative();
const EAGAIN = 11;
const options: KafkaDriverOptions = {
  properties: { 'bootstrap.servers': '127.0.0.1:1', log_level: '0' },
  topicProperties: {},
  defaults: { topic: 't', errorTopic: 'e' },
  connectTimeoutMs: 1000,
  log: () => {},
};
const quiet = { log_level: '0' };
const descriptors = () => readdirSync('/proc/self/fd').length;

interface Held {
  readonly threads: number;
  readonly descriptors: number;
}
const held = (): Held => ({ threads: native.rdkafka.threadCount(), descriptors: descriptors() });

/** Threads of librdkafka and descriptors, once no more of them end. */
async function heldAtLast(most: Held): Promise<Held> {
  for (let step = 0; step < 12_000; step++) {
    const now = held();
    if (now.threads <= most.threads && now.descriptors <= most.descriptors) return now;
    await sleep(5);
  }
  return held();
}

/** What is held when no client is alive: those of earlier tests end on threads of their own. */
async function heldByNone(): Promise<Held> {
  return heldAtLast({ threads: 0, descriptors: Number.POSITIVE_INFINITY });
}

/** Nothing more than `most` in the end. */
async function expectNoMore(most: Held): Promise<void> {
  const now = await heldAtLast(most);
  expect(now.threads).to.be.at.most(most.threads);
  expect(now.descriptors).to.be.at.most(most.descriptors);
}

/** What is made, and how it ends where all of it could be made. */
type Make = (native: Native, ledger: Ledger) => (() => unknown) | undefined;

const SUBJECTS: Readonly<Record<string, Make>> = {
  'a client': (faulty, ledger) => {
    const client = new Client(faulty, quiet, ledger, () => {});
    return () => client.close(0);
  },
  'the session of a driver': (faulty, ledger) => {
    const session = new Session(faulty, options, { clients: [ledger], question: new Ledger(), members: new Ledger() });
    return () => session.close(0);
  },
  'a session with transactions': (faulty, ledger) => {
    const properties = { ...options.properties, 'transactional.id': 'half-made' };
    const session = new Session(
      faulty,
      { ...options, properties },
      { clients: [ledger], question: new Ledger(), members: new Ledger() },
    );
    return () => session.close(0);
  },
  'the client of a check': (faulty, ledger) => {
    const inquiry = new Inquiry(options, ledger, faulty);
    return () => inquiry.close();
  },
  'a consumer': (faulty, ledger) => {
    const properties = { ...options.properties, ...quiet };
    const consumer = new Consumer({ properties, group: 'half-made', connectTimeoutMs: 1000 }, ledger, faulty);
    return () => consumer.close();
  },
  'the self-test': (faulty) => void selfTest(faulty),
  'properties that are tried together': (faulty) => void refusedTogether(faulty, quiet),
  'an embedded cluster': (faulty) => {
    const cluster = new MockCluster(faulty, 1);
    return () => cluster.destroy();
  },
};

describe('what is half made when a call of it fails', () => {
  let at: Held;
  before(async () => {
    // Whatever stays for good comes with the first round.
    for (const make of Object.values(SUBJECTS)) await make(native, new Ledger())?.();
    at = await heldByNone();
  });

  for (const [what, make] of Object.entries(SUBJECTS))
    it(`is given back, whichever call it is: ${what}`, async () => {
      const steps: string[] = [];
      for (;;) {
        const ledger = new Ledger();
        const faulty = failingNative(native, steps.length);
        let end: ReturnType<Make>;
        try {
          end = make(faulty.native, ledger);
        } catch {}
        faulty.disarm();
        await end?.();
        const step = faulty.failed();
        const { threads } = await heldAtLast(at);
        expect([step, ledger.isEmpty, threads]).to.deep.equal([step, true, at.threads]);
        await expectNoMore(at);
        if (step === undefined) break;
        steps.push(step);
      }
      expect(steps).to.include('create').and.have.length.above(4);
    });

  for (const ask of [askTopic, askSettings])
    it(`is given back: a question about a topic (${ask.name})`, async () => {
      const client = createClient(native, quiet);
      for (let call = 0; ; call++) {
        const faulty = failingNative(native, call);
        const destroyed = sinon.spy();
        const noted = { ...faulty.native, rdkafka: { ...faulty.native.rdkafka, queueDestroy: destroyed } };
        let question: { close(): void } | undefined;
        try {
          question = ask({ native: noted, handle: client } as unknown as Client, 'topic', 100);
        } catch {}
        const step = faulty.failed();
        const hadQueue = !['rd_kafka_queue_new', 'address'].includes(step ?? '') || call > 1;
        if (question === undefined) expect([step, destroyed.callCount]).to.deep.equal([step, hadQueue ? 1 : 0]);
        else if (step === undefined) break;
      }
      destroySoon(native, client);
    });

  it('is given back: topics that no ledger has a place for', () => {
    const ledger = new Ledger();
    const destroyed: number[] = [];
    ledger.setTopic(0, 7, () => {});
    expect(() => ledger.setTopic(0, 8, (topic) => void destroyed.push(topic))).to.throw(/has not ended yet/);
    expect(() => ledger.setTopic(512, 9, (topic) => void destroyed.push(topic))).to.throw(RangeError);
    expect(destroyed).to.deep.equal([8, 9]);
    expect([0, 0].map((index) => ledger.takeTopic(index))).to.deep.equal([7, 0]);
  });
});

describe('a ledger that names a client', () => {
  it('is not overwritten: the second client ends, and the first one stays', async () => {
    const at = await heldByNone();
    const ledger = new Ledger();
    const first = new Client(native, quiet, ledger, () => {});
    const { native: noted, calls } = scriptedNative(native);
    expect(() => new Client(noted, quiet, ledger, () => {})).to.throw('an earlier Kafka client has not ended yet');
    const ended = calls.filter(([name]) => name === 'pthreadCreate').map(([, , , , client]) => client);
    expect([ended.length, ended.includes(first.handle), first.fatalCode]).to.deep.equal([1, false, 0]);
    await first.close(100);
    expect(ledger.isEmpty).to.equal(true);
    await expectNoMore(at);
  });

  it('is not overwritten by a pipe, of which both ends are closed', () => {
    const ledger = new Ledger();
    ledger.set('writeFd', 0, () => {});
    const before = descriptors();
    expect(() => new Wakeup(native, 0, ledger, () => {})).to.throw(/has not ended yet/);
    expect([descriptors(), ledger.take('writeFd')]).to.deep.equal([before, 0]);
  });
});

describe('a client that cannot be ended because the system has no thread', () => {
  afterEach(() => sinon.restore());

  const fewThreads = (refusals: number) => {
    let asked = 0;
    return scriptedNative(native, {
      pthreadCreate: ((...args: Parameters<typeof native.libc.pthreadCreate>) =>
        asked++ < refusals ? EAGAIN : native.libc.pthreadCreate(...args)) as never,
    });
  };

  it('is ended when there is one again', async () => {
    const at = await heldByNone();
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout'] });
    const { native: noted, calls } = fewThreads(2);
    destroySoon(noted, createClient(native, quiet));
    clock.tick(1000);
    clock.restore();
    expect(calls.filter(([name]) => name === 'pthreadCreate')).to.have.length(3);
    await expectNoMore(at);
  });

  it('stays in the ledger until then', async () => {
    const at = await heldByNone();
    const ledger = new Ledger();
    const client = new Client(fewThreads(2).native, quiet, ledger, () => {});
    await client.close(0);
    expect(ledger.isEmpty).to.equal(false);
    await until(() => ledger.isEmpty);
    await expectNoMore(at);
  });

  it('is reclaimed by the next thread when its own one has ended before that', async () => {
    const at = await heldByNone();
    const ledger = new Ledger();
    await new Client(fewThreads(Number.POSITIVE_INFINITY).native, quiet, ledger, () => {}).close(0);
    expect(reclaimHandles(native, ledger)).to.equal(true);
    expect(ledger.isEmpty).to.equal(true);
    await expectNoMore(at);
  });
});

describe('a client that the system has nothing left for', () => {
  const refusing = (code: number, text: string) =>
    scriptedNative(native, {
      create: ((_type: number, _conf: number, error: Buffer) => {
        error.write(`${text}\0`);
        return 0;
      }) as never,
      lastError: () => code,
    }).native;

  it('is an outage, which passes, and no fault of the configuration', () => {
    const noThread = refusing(-194, 'Failed to create thread: Resource temporarily unavailable (11)');
    expect(() => createClient(noThread, quiet)).to.throw(ConnectError, 'Failed to create thread');
    const noFile = refusing(-186, 'ssl.engine.location failed: Too many open files');
    expect(() => createClient(noFile, quiet)).to.throw(ConnectError);
    expect(() => createClient(refusing(-186, 'wrong together'), quiet)).to.throw(ConfigError, 'wrong together');
  });
});
