import { closeSync, fstatSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PermanentSendError, TransientSendError } from '../../../src/errors.ts';
import type { Client } from '../../../src/producers/kafka/librdkafka/client.ts';
import { LibrdkafkaDriver } from '../../../src/producers/kafka/librdkafka/driver.ts';
import { Handover } from '../../../src/producers/kafka/librdkafka/handover.ts';
import { Ledger } from '../../../src/producers/kafka/librdkafka/ledger.ts';
import { loadNative } from '../../../src/producers/kafka/librdkafka/load.ts';
import { NativeMemory } from '../../../src/producers/kafka/librdkafka/memory.ts';
import type { Report } from '../../../src/producers/kafka/librdkafka/report-reader.ts';
import { Wakeup } from '../../../src/producers/kafka/librdkafka/wakeup.ts';
import { PackedBatch } from '../../support/packed-batch.ts';

const native = loadNative();
const TOPIC = 1;
const QUEUE_FULL = -184;
const TOO_LARGE = 10;
const NOT_LEADER = 6;
const defaults = { topic: 't', errorTopic: 'e' };

/** A client whose batch call answers with these codes, one list a call, and takes all when there are no more. */
class ScriptedClient {
  readonly handed: number[] = [];
  outq = 1;
  readonly #answers: (readonly number[])[];

  constructor(...answers: (readonly number[])[]) {
    this.#answers = answers;
  }

  get client(): Client {
    const rdkafka = {
      ...native.rdkafka,
      produceBatch: (_topic: number, _partition: number, _flags: number, messages: number, count: number) =>
        this.#produce(messages, count),
      outqLength: () => this.outq,
    };
    return {
      native: { ...native, rdkafka },
      properties: {},
      handle: 1,
      topics: { handle: () => TOPIC },
    } as unknown as Client;
  }

  #produce(messages: number, count: number): number {
    const codes = this.#answers.shift() ?? [];
    this.handed.push(count);
    const code = new NativeMemory(native.koffi, 4);
    for (let entry = 0; entry < count; entry++) {
      code.words[0] = codes[entry] ?? 0;
      native.libc.memcpy(messages + entry * native.message.words * 4, code.address, 4);
    }
    return count - codes.slice(0, count).filter((one) => one !== 0).length;
  }
}

const report = (batchId: number, index: number, code = 0): Report => ({
  ...{ batchId, index, code, partition: 0, offset: index, address: 0 },
});
const batchOf = (count: number) =>
  new PackedBatch(Array.from({ length: count }, (_, n) => ({ value: String(n), flags: 0 })));

async function hasEnded(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

describe('handing batches over to librdkafka', () => {
  it('goes on behind a message that it refuses for good, and ends with the last report', async () => {
    const scripted = new ScriptedClient([0, TOO_LARGE, 0]);
    const handover = new Handover(scripted.client, defaults);
    const batch = batchOf(3);
    const ended = handover.add(batch);
    expect(handover.idle).to.equal(false);
    handover.pump();
    expect([...batch.failures.keys()]).to.deep.equal([1]);
    expect(batch.failures.get(1)).to.be.instanceOf(PermanentSendError);
    handover.report(report(1, 0));
    expect([await hasEnded(ended), handover.idle]).to.deep.equal([false, false]);
    handover.report(report(1, 2));
    expect([await hasEnded(ended), handover.idle]).to.deep.equal([true, true]);
    expect([[...batch.deliveredAt], scripted.handed]).to.deep.equal([[0, 2], [3]]);
  });

  it('goes on where the queue was full, once there is room', async () => {
    const scripted = new ScriptedClient([0, QUEUE_FULL, QUEUE_FULL]);
    const handover = new Handover(scripted.client, defaults);
    const ended = handover.add(batchOf(3));
    const behind = handover.add(batchOf(2));
    handover.pump();
    expect([handover.waiting, scripted.handed]).to.deep.equal([true, [3]]);
    handover.report(report(1, 0));
    handover.pump();
    expect([handover.waiting, scripted.handed]).to.deep.equal([false, [3, 2, 2]]);
    for (const index of [1, 2]) handover.report(report(1, index));
    for (const index of [0, 1]) handover.report(report(2, index));
    expect([await hasEnded(ended), await hasEnded(behind)]).to.deep.equal([true, true]);
  });

  it('gives nothing more over after a refusal that may pass, until all that is in flight is back', async () => {
    for (const codes of [
      [0, NOT_LEADER],
      [0, NOT_LEADER, QUEUE_FULL],
    ]) {
      const scripted = new ScriptedClient(codes);
      const handover = new Handover(scripted.client, defaults);
      const batch = batchOf(codes.length);
      const ended = handover.add(batch);
      const behind = handover.add(batchOf(1));
      handover.pump();
      expect(batch.failures.get(1)).to.be.instanceOf(TransientSendError);
      expect([await hasEnded(ended), await hasEnded(behind), handover.waiting]).to.deep.equal([false, true, false]);
      const later = handover.add(batchOf(1));
      handover.pump();
      expect(scripted.handed).to.deep.equal([codes.length]);
      handover.report(report(1, 0));
      expect(await hasEnded(ended)).to.equal(true);
      handover.pump();
      expect(scripted.handed).to.deep.equal([codes.length, 1]);
      handover.report(report(3, 0));
      expect(await hasEnded(later)).to.equal(true);
    }
  });

  it('fails a message that is larger than the whole queue', async () => {
    const scripted = new ScriptedClient([QUEUE_FULL, QUEUE_FULL]);
    scripted.outq = 0;
    const handover = new Handover(scripted.client, defaults);
    const batch = batchOf(2);
    void handover.add(batch);
    handover.pump();
    expect([...batch.failures.keys()]).to.deep.equal([0]);
    expect(scripted.handed).to.deep.equal([2, 1]);
  });

  it('ends all of it when the client is thrown away', async () => {
    const handover = new Handover(new ScriptedClient().client, defaults);
    const ended = handover.add(batchOf(2));
    handover.pump();
    handover.abandon();
    expect([await hasEnded(ended), handover.idle]).to.deep.equal([true, true]);
    handover.report(report(1, 0)); // which comes too late, and finds nothing
  });
});

describe('a pipe whose reading end cannot be listened to', () => {
  it('is closed, as far as no ledger names it', () => {
    const [readFd, writeFd] = [openSync('/dev/null', 'r'), openSync('/dev/null', 'w')];
    const pipe = (fds: Int32Array) => {
      fds.set([readFd, writeFd]);
      return 0;
    };
    const ledger = new Ledger();
    const faulty = { ...native, libc: { ...native.libc, pipe, pipe2: pipe } };
    expect(() => new Wakeup(faulty, 0, ledger, () => {})).to.throw();
    expect(() => fstatSync(readFd)).to.throw('EBADF');
    expect(ledger.take('writeFd')).to.equal(writeFd);
    closeSync(writeFd);
  });
});

describe('a driver that has been closed', () => {
  it('can be opened again', async () => {
    const driver = new LibrdkafkaDriver({
      properties: { 'bootstrap.servers': '127.0.0.1:1', log_level: '0' },
      topicProperties: {},
      defaults,
      log: () => {},
    });
    for (let time = 0; time < 2; time++) {
      const error = await driver.open(AbortSignal.abort()).catch((thrown) => thrown);
      expect(error).to.have.property('name', 'ConnectError');
      expect((await driver.open(AbortSignal.abort()).catch((thrown) => thrown)).message).to.match(/is open/);
      await driver.close(100);
    }
  });
});
