import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { InvalidMessageError, PublishError, QueueFullError, SpoolError } from '../../src/shared/errors.ts';
import { lockSpool } from '../../src/spool/lock.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { DeadlyProducer } from '../fixtures/producers/deadly-producer.ts';
import { MortalKafkaProducer } from '../fixtures/producers/mortal-kafka-producer.ts';
import { quiet } from '../support/quiet.ts';
import { append, openSpool } from '../support/spool-rig.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

/** Nothing is decided by how busy the machine is. */
const BOUND = 5000;
const TOPIC = 'spooled';

describe('a producer with a spool', function () {
  this.timeout(120_000);

  const directory = temporaryDirectories();
  let kafka: EmbeddedKafka;
  beforeEach(async () => {
    kafka = await EmbeddedKafka.start({ topics: { [TOPIC]: 1 } });
  });
  afterEach(() => kafka.stop());

  const configOf = (path: string, spool: object = {}) => ({
    type: 'kafka' as const,
    name: TOPIC,
    bootstrap_servers: kafka.bootstrapServers,
    backoff_seconds: 0.2,
    connect_timeout_seconds: 60,
    queue: { max_messages: BOUND, spool: { path, ...spool } },
  });
  const produce = async (producer: KafkaProducer, from: number, to: number) => {
    for (let id = from; id < to; id++) if (!producer.produce({ value: id })) await producer.waitForRoom();
  };
  const idsRead = async (count: number) => {
    const messages = await readTopic({
      timeoutMs: HANG_MS,
      bootstrapServers: kafka.bootstrapServers,
      topic: TOPIC,
      count,
    });
    return messages.map(({ value }) => Number(value));
  };
  const segmentsIn = (path: string) =>
    readdirSync(path).filter((name) => !['owner.lock', 'settlements.log'].includes(name));
  const numbers = (count: number) => Array.from({ length: count }, (_, id) => id);

  it('takes twenty times what fits in memory while the broker is down, accounts for all of it, and delivers it in order', async () => {
    const producer = new KafkaProducer(configOf(directory()), { logger: quiet });
    await producer.send({ value: 0 }, PATIENT);
    kafka.brokerDown(1);
    await produce(producer, 1, 20 * BOUND);
    await until(() => producer.stats().inFlight < BOUND); // stats() throws where the books do not add up
    expect(producer.stats()).to.include({ accepted: 20 * BOUND, delivered: 1, pending: 20 * BOUND - 1 });
    kafka.brokerUp(1);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(producer.stats()).to.include({ delivered: 20 * BOUND, pending: 0 });
    await producer.shutdown(5000);
    expect(await idsRead(20 * BOUND)).to.deep.equal(numbers(20 * BOUND));
  });

  it('is not started with a spool that cannot be read, gives its directory away, and loses nothing', async () => {
    const path = directory();
    const { spool } = await openSpool(path);
    append(spool, 0, 10);
    spool.settle(0, 2);
    await spool.close();
    const log = join(path, 'settlements.log');
    renameSync(log, `${log}.kept`);
    mkdirSync(log); // what the system refuses to read
    const first = new KafkaProducer(configOf(path), { logger: quiet });
    const failure: Error = await first.start(PATIENT).catch((error) => error);
    expect(failure).to.be.instanceOf(SpoolError).with.property('message').that.contains(`${log}: cannot read it`);
    expect(failure.cause).to.have.property('code', 'EISDIR');
    await first.shutdown(5000);
    lockSpool(path).release();
    rmdirSync(log);
    renameSync(`${log}.kept`, log);
    const second = new KafkaProducer(configOf(path), { logger: quiet });
    await second.start(PATIENT);
    expect(await second.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(second.stats()).to.include({ recovered: 7, delivered: 7 });
    await second.shutdown(5000);
  });

  it('leaves what is undelivered on disk at a shutdown, and delivers it first when it is started again', async () => {
    const path = directory();
    const first = new KafkaProducer(configOf(path), { logger: quiet });
    await first.send({ value: 0 }, PATIENT);
    kafka.brokerDown(1);
    await produce(first, 1, 3 * BOUND);
    const { spooled, undelivered, delivered } = await first.shutdown(500);
    expect({ spooled, undelivered, delivered }).to.deep.equal({ spooled: 3 * BOUND - 1, undelivered: 0, delivered: 1 });

    kafka.brokerUp(1);
    const second = new KafkaProducer(configOf(path), { logger: quiet });
    second.produce({ value: 3 * BOUND });
    expect(await second.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(second.stats()).to.include({ recovered: 3 * BOUND - 1, accepted: 1, delivered: 3 * BOUND });
    expect((await second.shutdown(5000)).spooled).to.equal(0);
    expect(await idsRead(3 * BOUND + 1)).to.deep.equal(numbers(3 * BOUND + 1));
    expect(segmentsIn(path)).to.deep.equal([]);
  });

  it('forgets what was dead-lettered or dropped, whether it lay on disk alone or in memory as well', async () => {
    for (const max_messages of [100, 10_000]) {
      const path = directory();
      const config = { ...configOf(path), max_message_bytes: 1000, queue: { max_messages, spool: { path } } };
      const letters: unknown[] = [];
      const first = new KafkaProducer(config, { logger: quiet, deadLetter: (letter) => void letters.push(letter) });
      for (let id = 0; id < 60; id++) await first.enqueue({ value: id % 3 === 0 ? 'x'.repeat(5000) : id }, PATIENT);
      expect(await first.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(await first.shutdown(5000)).to.include({ delivered: 40, deadLettered: 20, spooled: 0 });
      expect(letters).to.have.length(20);
      expect(segmentsIn(path)).to.deep.equal([]);
      const second = new KafkaProducer(config, { logger: quiet });
      await second.start(PATIENT);
      expect(second.stats()).to.include({ recovered: 0 });
      await second.shutdown(1000);
    }
  });

  it('goes on with what is on disk when its worker dies, without a loss and in order', async () => {
    const channel = `spool-death-${process.pid}`;
    const orders = new BroadcastChannel(channel);
    const producer = new MortalKafkaProducer({ ...configOf(directory()), client_id: channel }, { logger: quiet });
    await producer.send({ value: 0 }, PATIENT);
    kafka.brokerDown(1);
    await produce(producer, 1, 4 * BOUND);
    orders.postMessage('throw');
    await until(() => producer.stats().workerRestarts === 1);
    await produce(producer, 4 * BOUND, 5 * BOUND);
    kafka.brokerUp(1);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    const { accepted, delivered } = producer.stats();
    expect({ accepted, delivered }).to.deep.equal({ accepted: 5 * BOUND, delivered: 5 * BOUND });
    await producer.shutdown(5000);
    orders.close();
    const ids = await idsRead(5 * BOUND);
    expect([...new Set(ids)], 'first arrivals').to.deep.equal(numbers(5 * BOUND));
  });

  it('enqueue() resolves when the message is on disk, although nobody delivers it', async () => {
    const path = directory();
    kafka.brokerDown(1);
    const producer = new KafkaProducer(configOf(path), { logger: quiet });
    await Promise.all(numbers(100).map((value) => producer.enqueue({ value }, PATIENT)));
    expect(segmentsIn(path)).to.have.length(1);
    expect((await producer.shutdown(100)).spooled).to.equal(100);
  });

  it('so do enqueue() calls that have to wait for room', async () => {
    kafka.brokerDown(1);
    const producer = new KafkaProducer(configOf(directory()), { logger: quiet });
    await Promise.all(numbers(4 * BOUND).map((value) => producer.enqueue({ value }, PATIENT)));
    expect((await producer.shutdown(100)).spooled).to.equal(4 * BOUND);
  });

  it('a second owner is refused in one line, and the first one is not disturbed', async () => {
    const path = directory();
    const first = new KafkaProducer(configOf(path), { logger: quiet });
    await first.send({ value: 0 }, PATIENT);
    const second = new KafkaProducer(configOf(path), { logger: quiet });
    const error = await second.send({ value: 1 }, PATIENT).catch((reason) => reason);
    expect(error.message).to.include(`${path}: another producer has this spool (process ${process.pid}`);
    expect(second.stats().state).to.equal('failed');
    await first.send({ value: 2 }, PATIENT);
    await Promise.all([first.shutdown(2000), second.shutdown(2000)]);
    const third = new KafkaProducer(configOf(path), { logger: quiet });
    await third.send({ value: 3 }, PATIENT);
    await third.shutdown(2000);
    expect(await idsRead(3)).to.deep.equal([0, 2, 3]);
  });

  it('holds its bound on disk: the policy of the queue applies, and what was accepted arrives', async () => {
    const producer = new KafkaProducer(
      {
        ...configOf(directory(), { max_bytes: '1MiB' }),
        queue: { max_messages: BOUND, when_full: 'reject', spool: { path: directory(), max_bytes: '1MiB' } },
      },
      { logger: quiet },
    );
    await producer.send({ value: 'x'.repeat(1000) }, PATIENT);
    kafka.brokerDown(1);
    let rejected = 0;
    for (let id = 0; id < 20_000; id++) {
      try {
        producer.produce({ value: 'x'.repeat(1000) });
      } catch {
        rejected++;
      }
      if (id % 500 === 0) await sleep(5);
    }
    expect(rejected).to.be.greaterThan(10_000);
    const { accepted, pending } = producer.stats();
    expect(accepted + rejected).to.equal(20_001);
    expect(pending).to.equal(accepted - 1);
    kafka.brokerUp(1);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(producer.stats().delivered).to.equal(accepted);
    await producer.shutdown(5000);
  });

  it('rejects enqueue() clearly when nothing can be written, and takes the message back', async () => {
    const producer = new KafkaProducer(configOf(directory(), { max_bytes: '1MiB' }), { logger: quiet });
    await producer.send({ value: 0 }, PATIENT);
    kafka.brokerDown(1);
    const results = await Promise.allSettled(
      numbers(3000).map(() => producer.enqueue({ value: 'x'.repeat(1000) }, { timeout: 3000 })),
    );
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    const withdrawn = refused.filter(({ outcome }) => outcome === 'withdrawn');
    expect(withdrawn.length).to.be.greaterThan(0);
    // What is just being tried again at the deadline cannot be taken back.
    for (const error of refused)
      expect(error)
        .to.be.instanceOf(PublishError)
        .with.property('outcome')
        .that.matches(/withdrawn|unknown/);
    expect(refused[0].message).to.match(/max_bytes|spool/);
    const kept = results.length - withdrawn.length;
    kafka.brokerUp(1);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(producer.stats()).to.include({ delivered: kept + 1, expired: withdrawn.length });
    await producer.shutdown(5000);
  });

  /** Enqueues more than the spool holds while the broker is away; `mend` is called when one has waited for a while. */
  async function fillSpool(queue: object, mend: () => void): Promise<unknown> {
    const producer = new KafkaProducer({ ...configOf(''), queue }, { logger: quiet });
    await producer.send({ value: 0 }, PATIENT);
    kafka.brokerDown(1);
    let failure: unknown;
    for (let id = 0; id < 1200 && failure === undefined; id++) {
      const waits = setTimeout(mend, 1000);
      failure = await producer.enqueue({ value: 'x'.repeat(1000) }, PATIENT).then(
        () => undefined,
        (error) => error,
      );
      clearTimeout(waits);
    }
    kafka.brokerUp(1);
    await producer.shutdown(10_000);
    return failure;
  }

  it('has enqueue() wait for room in a full spool under `block`, and refuses it at once under `reject`', async () => {
    const queue = () => ({ max_messages: BOUND, spool: { path: directory(), max_bytes: '1MiB' } });
    let waited = false;
    const blocking = await fillSpool(queue(), () => {
      waited = true;
      kafka.brokerUp(1);
    });
    expect({ blocking, waited }).to.deep.equal({ blocking: undefined, waited: true });
    const refusing = await fillSpool({ ...queue(), when_full: 'reject' as const }, () => {});
    expect(refusing).to.be.instanceOf(QueueFullError).with.property('message').that.contains('the spool is full');
  });

  it('never takes a message that is larger than its spool', async () => {
    const queue = { spool: { path: directory(), max_bytes: '1MiB' } };
    const producer = new KafkaProducer({ ...configOf(''), queue }, { logger: quiet });
    expect(() => producer.produce({ value: 'x'.repeat(2 ** 20) })).to.throw(
      InvalidMessageError,
      'can never fit queue.spool.max_bytes of 1048576',
    );
    await producer.shutdown(1000);
  });

  it('gives a message up that kills its workers from the disk, and goes on: no crash loop', async () => {
    const path = directory();
    const letters: unknown[] = [];
    const producer = new DeadlyProducer(
      // With so little memory nothing stays in it: all goes by the disk.
      {
        type: 'custom',
        name: 'deadly',
        path: join(path, 'out'),
        queue: { max_messages: 100, spool: { path: join(path, 'spool') } },
      },
      { logger: quiet, deadLetter: ({ message, reasonClass }) => void letters.push([message.json(), reasonClass]) },
    );
    for (const value of ['a', 'poison', 'b']) await producer.enqueue({ value }, PATIENT);
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(letters).to.deep.equal([['poison', 'crash']]);
    const { accepted, delivered, deadLettered, workerRestarts } = producer.stats();
    expect({ accepted, delivered, deadLettered, workerRestarts }).to.deep.equal({
      accepted: 3,
      delivered: 2,
      deadLettered: 1,
      workerRestarts: 4,
    });
    await producer.shutdown(2000);
    const lines = readFileSync(join(path, 'out'), 'utf8').trim().split('\n');
    expect(lines.filter((line) => line === '"poison"')).to.have.length(4);
    expect(lines.at(-1)).to.equal('"b"');
  });

  it('shuts down in time with a spool that nobody can read from', async () => {
    const patient = { ...configOf(join(directory(), 'new')), backoff_seconds: 3600 }; // which would outlast the test
    const producer = new KafkaProducer(patient, { logger: quiet });
    kafka.brokerDown(1);
    await produce(producer, 0, BOUND);
    const { spooled } = await producer.shutdown(1000);
    expect(spooled).to.equal(BOUND);
  });
});
