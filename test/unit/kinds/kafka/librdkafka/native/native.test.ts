import { copyFileSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { destroyDetached } from '../../../../../../src/kinds/kafka/librdkafka/close/destroy.ts';
import { LEDGER_BYTES, Ledger, MAX_TOPICS } from '../../../../../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { reclaimHandles } from '../../../../../../src/kinds/kafka/librdkafka/close/reclaim.ts';
import type { MessageLayout } from '../../../../../../src/kinds/kafka/librdkafka/native/abi.ts';
import { createClient } from '../../../../../../src/kinds/kafka/librdkafka/native/configure.ts';
import { loadNative, mayPass } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { locateLibrary } from '../../../../../../src/kinds/kafka/librdkafka/native/locate.ts';
import { selfTest } from '../../../../../../src/kinds/kafka/librdkafka/native/self-test.ts';
import { Topics } from '../../../../../../src/kinds/kafka/librdkafka/native/topics.ts';
import { reclaim } from '../../../../../../src/kinds/kafka/librdkafka/send/driver.ts';
import { scriptedNative } from '../../../../../support/failing-native.ts';
import { REPOSITORY } from '../../../../../support/repository.ts';

describe('librdkafka through koffi', () => {
  const native = loadNative();

  it('has no call that fills a JavaScript value: in a thread that is being ended, that ends the process', () => {
    const glue = join(REPOSITORY, 'src/kinds/kafka/librdkafka');
    const files = readdirSync(glue, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    expect(files).to.include('native/functions.ts');
    const filling = files.filter((file) => /'_(?:In)?[Oo]ut_/.test(readFileSync(join(glue, file), 'utf8')));
    expect(filling).to.deep.equal([]);
  });

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

  it('passes its self-test', () => {
    selfTest(native);
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
    expect(locateLibrary().path).to.equal(native.path);
    const copy = join(mkdtempSync(join(tmpdir(), 'outspool-')), basename(native.path));
    copyFileSync(native.path, copy);
    if (process.platform === 'linux') expect(() => locateLibrary(copy)).to.throw('this process already runs');
  });

  it('does not show the value of a secret that librdkafka refuses', () => {
    expect(() => createClient(native, { 'ssl.key.passwrd': 'hunter2' })).to.throw(/^((?!hunter2).)*$/);
  });

  it('keeps no more topic handles than it may, and the most recently used ones', () => {
    const { native: noted, calls } = scriptedNative(native);
    const client = createClient(native, { log_level: '0' });
    const ledger = new Ledger();
    const topics = new Topics(noted, client, ledger, 2);
    const [a, b] = ['a', 'b'].map((name) => topics.handle(name));
    topics.handle('a');
    const c = topics.handle('c');
    const destroyed = () => calls.filter(([name]) => name === 'topicDestroy').map(([, topic]) => topic);
    expect(destroyed()).to.deep.equal([b]);
    expect([topics.size, topics.handle('a')]).to.deep.equal([2, a]);
    expect([0, 1, 2].map((index) => ledger.takeTopic(index))).to.deep.equal([a, c, 0]);
    expect(topics.handle('x'.repeat(600))).to.equal(0);
    topics.clear();
    expect([topics.size, destroyed()]).to.deep.equal([0, [b, c, a]]);
    destroyDetached(native, client);
  });

  it('keeps no more topic handles than its ledger has places for', () => {
    const { native: noted, calls } = scriptedNative(native);
    const client = createClient(native, { log_level: '0' });
    const topics = new Topics(noted, client, new Ledger(), MAX_TOPICS + 10);
    for (let n = 0; n < MAX_TOPICS + 2; n++) topics.handle(`t${n}`);
    expect(topics.size).to.equal(MAX_TOPICS);
    expect(calls.filter(([name]) => name === 'topicDestroy')).to.have.length(2);
    topics.clear();
    destroyDetached(native, client);
  });

  it('names a topic in the ledger for as long as there is a handle, and no longer', () => {
    const client = createClient(native, { log_level: '0' });
    const ledger = new Ledger();
    const topics = new Topics(native, client, ledger);
    topics.handle('t');
    expect(ledger.isEmpty).to.equal(false);
    topics.clear();
    expect(ledger.isEmpty).to.equal(true);
    destroyDetached(native, client);
  });

  it('reclaims what a ledger names, once, and has the client leave the descriptor alone before that is closed', () => {
    const { native: noted, calls } = scriptedNative(native);
    const memory = new SharedArrayBuffer(LEDGER_BYTES);
    const client = createClient(native, { log_level: '0' });
    const ledger = new Ledger(memory);
    const kept = () => expect.fail('the ledger was empty');
    const queue = native.rdkafka.queueMain(client);
    const writeFd = openSync('/dev/null', 'w');
    const topic = new Topics(native, client, ledger).handle('t');
    ledger.set('client', client, kept);
    ledger.set('queue', queue, kept);
    ledger.set('writeFd', writeFd, kept);
    expect(reclaimHandles(noted, new Ledger(memory))).to.equal(true);
    expect(calls.slice(0, 5).map(([name, handle, detail]) => [name, handle, name === 'queueIoEvent' && detail])).to.eql(
      [
        ['queueIoEvent', queue, -1],
        ['close', writeFd, false],
        ['topicDestroy', topic, false],
        ['queueDestroy', queue, false],
        ['pthreadCreate', calls[4]?.[1], false],
      ],
    );
    expect(ledger.isEmpty).to.equal(true);
    expect(reclaimHandles(noted, new Ledger(memory))).to.equal(false);
  });

  it('loads nothing to reclaim what an empty ledger names', () => {
    const path = '/no/such/librdkafka.so.1';
    expect(reclaim(new SharedArrayBuffer(LEDGER_BYTES), path)).to.equal(false);
    const memory = new SharedArrayBuffer(LEDGER_BYTES);
    new Ledger(memory).run();
    expect(reclaim(memory, path)).to.equal(false);
    new Ledger(memory).set('client', 1, () => {});
    expect(() => reclaim(memory, path)).to.throw('there is no librdkafka');
  });

  it('knows a system that is out of descriptors or memory from a library that is not there', () => {
    const emfile = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    expect([emfile, new Error('the package does not load', { cause: emfile })].map(mayPass)).to.deep.equal([
      true,
      true,
    ]);
    expect(mayPass(new Error('cannot be loaded (librdkafka.so.1: Too many open files)'))).to.equal(true);
    const missing = Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
    expect([missing, undefined, 'EMFILE'].map(mayPass)).to.deep.equal([false, false, false]);
  });

  it('refuses a ledger that is too small', () => {
    expect(() => new Ledger(new SharedArrayBuffer(8))).to.throw(RangeError);
  });
});
