import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { MessageLayout } from '../../../src/producers/kafka/librdkafka/abi.ts';
import { createClient } from '../../../src/producers/kafka/librdkafka/configure.ts';
import { destroyDetached } from '../../../src/producers/kafka/librdkafka/destroy.ts';
import { LEDGER_BYTES, Ledger } from '../../../src/producers/kafka/librdkafka/ledger.ts';
import { loadNative } from '../../../src/producers/kafka/librdkafka/load.ts';
import { locateLibrary } from '../../../src/producers/kafka/librdkafka/locate.ts';
import { reclaimHandles } from '../../../src/producers/kafka/librdkafka/reclaim.ts';
import { selfTest } from '../../../src/producers/kafka/librdkafka/self-test.ts';
import { Topics } from '../../../src/producers/kafka/librdkafka/topics.ts';

describe('librdkafka through koffi', () => {
  const native = loadNative();

  it('computes the layout that the C header has', () => {
    expect(native.message).to.deep.equal({
      words: 18,
      error: 0,
      partition: 4,
      value: 6,
      valueLength: 8,
      key: 10,
      keyLength: 12,
      offset: 14,
      opaque: 16,
    });
    expect(native.argument).to.deep.equal({ words: 18, type: 0, first: 2, second: 4, third: 6 });
  });

  it('passes its self-test in a few milliseconds', () => {
    const begin = performance.now();
    selfTest(native);
    expect(performance.now() - begin).to.be.below(100);
  });

  const { message } = native;
  const wrong: Readonly<Record<string, Partial<MessageLayout>>> = {
    'key and value swapped': { key: message.value, value: message.key },
    'lengths swapped': { keyLength: message.valueLength, valueLength: message.keyLength },
    'opaque and offset swapped': { opaque: message.offset, offset: message.opaque },
    'the error elsewhere': { error: 1 },
  };
  for (const [what, change] of Object.entries(wrong)) {
    it(`fails its self-test with ${what}`, () => {
      expect(() => selfTest({ ...native, message: { ...message, ...change } })).to.throw(/not laid out as expected/);
    });
  }

  it('fails its self-test with a wrong union', () => {
    const argument = { ...native.argument, second: native.argument.third, third: native.argument.second };
    expect(() => selfTest({ ...native, argument })).to.throw(/not laid out as expected/);
  });

  it('says so when there is no library where it was told to look', () => {
    expect(() => locateLibrary('/no/such/librdkafka.so.1')).to.throw('there is no librdkafka at');
  });

  it('finds the library that it runs, and refuses a second copy beside it', () => {
    expect(locateLibrary()).to.equal(native.path);
    const copy = join(mkdtempSync(join(tmpdir(), 'outspool-')), 'librdkafka.so.1');
    copyFileSync(native.path, copy);
    if (process.platform === 'linux') expect(() => locateLibrary(copy)).to.throw('this process already runs');
  });

  it('does not show the value of a secret that librdkafka refuses', () => {
    expect(() => createClient(native, { 'ssl.key.passwrd': 'hunter2' })).to.throw(/^((?!hunter2).)*$/);
  });

  it('keeps no more topic handles than it may, and the most recently used ones', () => {
    const client = createClient(native, { log_level: '0' });
    const topics = new Topics(native, client, new Ledger(), 2);
    const first = topics.handle('a');
    topics.handle('b');
    topics.handle('a');
    topics.handle('c');
    expect([topics.size, topics.handle('a')]).to.deep.equal([2, first]);
    expect(topics.handle('x'.repeat(600))).to.equal(0);
    topics.clear();
    expect(topics.size).to.equal(0);
    destroyDetached(native, client);
  });

  it('reclaims what a ledger names, once', () => {
    const memory = new SharedArrayBuffer(LEDGER_BYTES);
    const ledger = new Ledger(memory);
    const client = createClient(native, { log_level: '0' });
    const kept = () => expect.fail('the ledger was empty');
    ledger.set('client', client, kept);
    ledger.set('queue', native.rdkafka.queueMain(client), kept);
    new Topics(native, client, ledger).handle('t');
    expect(reclaimHandles(native, new Ledger(memory))).to.equal(true);
    expect(reclaimHandles(native, new Ledger(memory))).to.equal(false);
  });

  it('refuses a ledger that is too small', () => {
    expect(() => new Ledger(new SharedArrayBuffer(8))).to.throw(RangeError);
  });
});
