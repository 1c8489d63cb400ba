import { expect } from 'chai';
import { deadLetterFile } from '../../../src/caller/dead-letters/letter-file.ts';
import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import { MemoryProducer } from '../../../src/kinds/memory/memory-producer.ts';
import { ProducerRuntime } from '../../../src/runtime.ts';
import { asError, ConfigError, InvalidMessageError } from '../../../src/shared/errors.ts';
import { EmbeddedKafka, producerContract, readTopic } from '../../../src/testing/index.ts';
import { quiet } from '../../support/quiet.ts';
import { yamlFile } from '../config/helpers.ts';

const MESSAGE = { value: 1 };

/** Each call with options, by its name. */
type Target = Pick<MemoryProducer, 'waitForRoom' | 'start'> &
  Pick<ProducerRuntime, 'produce' | 'enqueue' | 'send' | 'publish' | 'flush' | 'check'>;
const CALLS: Readonly<Record<string, (target: Target, options: never) => unknown>> = {
  produce: (target, options) => target.produce(MESSAGE, options),
  enqueue: (target, options) => target.enqueue(MESSAGE, options),
  send: (target, options) => target.send(MESSAGE, options),
  publish: (target, options) => target.publish('t', 1, options),
  waitForRoom: (target, options) => target.waitForRoom(options),
  flush: (target, options) => target.flush(1000, options),
  start: (target, options) => target.start(options),
  check: (target, options) => target.check(options),
};

const WRONG: readonly (readonly [options: unknown, text: RegExp])[] = [
  [{ iserror: true }, /unknown option 'iserror'/],
  [{ timeut: 5 }, /unknown option 'timeut'/],
  [{ retries: 3 }, /unknown option 'retries', expected /],
  [15, /expected an object such as .*, got 15/],
  ['key', /got text 'key'/],
  [null, /got nothing/],
  [true, /got true/],
  [[], /got an empty list/],
  [new AbortController().signal, /got an AbortSignal/],
];

describe('the options of a call', () => {
  let producer: MemoryProducer;
  let runtime: ProducerRuntime;

  beforeEach(async () => {
    producer = new MemoryProducer({ type: 'memory', name: 'm' }, { logger: quiet });
    const file = await yamlFile('producers: [{ type: memory, name: m }]\n');
    runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
  });

  afterEach(async () => {
    await producer.shutdown();
    await runtime.shutdown();
  });

  const targets = (): [string, Target][] => [
    ['a producer', producer as unknown as Target],
    ['a runtime', runtime],
  ];

  for (const [name, call] of Object.entries(CALLS))
    it(`are refused where ${name} does not know them, and nothing is accepted`, async () => {
      for (const [what, target] of targets())
        for (const [options, text] of WRONG) {
          const answer: Promise<unknown> = (async () => call(target, options as never))();
          const error: Error = await answer.then(
            () => new Error('taken'),
            (thrown) => thrown,
          );
          expect(error, `${what} ${JSON.stringify(options)}`).to.be.instanceOf(ConfigError);
          expect(error.message)
            .to.match(text)
            .and.to.match(new RegExp(`^${name}: `));
        }
      expect(producer.stats()).to.include({ accepted: 0 });
      expect(runtime.stats().producers.m).to.include({ accepted: 0 });
    });

  it('are not blamed where the message in front of them is none, as in produce(topic, value)', async () => {
    for (const [what, target] of targets()) {
      for (const call of ['produce', 'enqueue', 'send'] as const) {
        const answer = (async () => target[call]('orders' as never, { total: 1 } as never))();
        const error: Error = await answer.then(
          () => new Error('taken'),
          (thrown) => thrown,
        );
        expect(error, `${what} ${call}`).to.be.instanceOf(InvalidMessageError);
        expect(error.message).to.include("such as { topic: 'orders', value: { id: 1 } }, got String");
      }
      const published: Error = await (async () => target.publish({ value: 1 } as never, undefined as never))().then(
        () => new Error('taken'),
        (thrown) => thrown,
      );
      expect(published, what).to.be.instanceOf(InvalidMessageError);
      expect(published.message).to.include("publish('orders', value, { key })").and.include('send({ topic, value })');
    }
  });

  it('name the one that is nearly right', () => {
    expect(() => producer.produce(MESSAGE, { iserror: true } as never)).to.throw("did you mean 'isError'?");
    expect(() => runtime.produce(MESSAGE, { isErorr: true } as never)).to.throw("did you mean 'isError'?");
  });

  it('may be left out, undefined, or inherited', async () => {
    const inherited = Object.create({ other: 1 }, { isError: { value: true, enumerable: true } });
    for (const options of [
      undefined,
      {},
      { isError: undefined },
      { timeout: undefined, other: undefined },
      inherited,
    ]) {
      producer.produce(MESSAGE, options);
      await producer.send(MESSAGE, options);
      await runtime.send(MESSAGE, options);
    }
    expect(producer.stats()).to.include({ accepted: 10 });
  });
});

describe('a runtime', () => {
  it('publishes along its route, flushes and checks, each by name', async () => {
    const file = await yamlFile(
      'producers: [{ type: memory, name: a }, { type: memory, name: b }]\nroutes: [{ to: [a, b] }]\n',
    );
    const runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
    const reports = await runtime.publish('t', { n: 1 }, { key: 'k', headers: { h: 'v' }, timeout: '5s' });
    expect(
      reports.map(({ producer, topic, message }) => [producer, topic, String(message.key), message.json()]),
    ).to.deep.equal([
      ['a', 't', 'k', { n: 1 }],
      ['b', 't', 'k', { n: 1 }],
    ]);
    runtime.produce(MESSAGE);
    expect(await runtime.flush()).to.deep.equal({ a: { remaining: 0 }, b: { remaining: 0 } });
    const checks = await runtime.check({ timeout: 5000 });
    expect(Object.entries(checks).map(([name, { ok }]) => [name, ok])).to.deep.equal([
      ['a', true],
      ['b', true],
    ]);
    await runtime.shutdown();
  });
});

describe('a call that returns a promise', () => {
  const GIVEN = ['x', -1, Number.NaN, Symbol('s'), { timeout: 'x' }];

  it('rejects and never throws, and a shutdown that was refused can be asked for again', async () => {
    const file = await yamlFile('producers: [{ type: memory, name: a }]\n');
    const runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
    const [producer] = runtime.producers;
    for (const subject of [runtime, producer] as unknown as Record<string, (given: unknown) => Promise<unknown>>[])
      for (const name of ['shutdown', 'flush', 'start', 'check', 'waitForRoom', 'send', 'enqueue', 'publish'])
        for (const given of GIVEN) {
          const promise = subject[name]?.(given);
          expect(promise, name).to.be.instanceOf(Promise);
          if (
            await promise?.then(
              () => true,
              () => false,
            )
          )
            expect([name, given]).to.deep.equal([name, 'resolved']);
        }
    expect(await producer?.shutdown(1000)).to.include({ timedOut: false });
    await runtime.shutdown(1000);
  });
});

describe('a shutdown that a logger asks for', () => {
  it('in the middle of another one is that one', async () => {
    const logger = { ...quiet, warn: () => void again.push(producer.shutdown(1000)) };
    const again: Promise<unknown>[] = [];
    const producer = new MemoryProducer({ type: 'memory', name: 'm' }, { logger });
    const outcome = await producer.shutdown(5); // so short that it may have been meant in seconds
    expect(again).to.have.lengthOf(1);
    expect(await again[0]).to.equal(outcome);
    expect(await producer.shutdown()).to.equal(outcome);
  });
});

describe('a class that inherits where the worker finds it', () => {
  const config = { type: 'kafka', name: 's' } as const;
  const place = { logger: quiet, module: import.meta.url, exportName: 'Sub' };
  class Sub extends KafkaProducer {}
  class Below extends Sub {}

  it('is refused in its constructor where that is another file', () => {
    for (const Class of [Sub, Below])
      expect(() => new Class(config, { logger: quiet })).to.throw(
        ConfigError,
        `class ${Class.name} does not say where the worker finds it (it inherits \`module\`, which names another file): static module`,
      );
  });

  it('is taken where it says it itself, where its options do, where it shares the file, and where there is no worker', () => {
    class Own extends KafkaProducer {
      static override readonly module: string = import.meta.url;
    }
    class Sibling extends Own {}
    class Inline extends MemoryProducer {}
    for (const Class of [Own, Sibling]) expect(() => new Class(config, { logger: quiet })).not.to.throw();
    expect(() => new Sub(config, place)).not.to.throw();
    expect(() => new Inline({ type: 'memory', name: 'm' }, { logger: quiet })).not.to.throw();
  });
});

/** Functions with options of their own, outside the producers. */
const OTHERS: Readonly<Record<string, (options: never) => unknown>> = {
  deadLetterFile: (options) => deadLetterFile('letters.ndjson', options),
  'EmbeddedKafka.start': (options) => EmbeddedKafka.start(options),
  readTopic: (options) => readTopic(options),
  producerContract: (options) => producerContract('own', async () => ({}) as never, options),
  'ProducerRuntime.fromFile': async (options) =>
    ProducerRuntime.fromFile(await yamlFile('producers: [{ type: memory, name: m }]\n'), options),
};

describe('the options of what belongs to no producer', () => {
  for (const [call, make] of Object.entries(OTHERS))
    it(`are refused where one is unknown: ${call}`, async () => {
      const error = await (async () => make({ feature: 1 } as never))().catch(asError);
      expect(error).to.be.instanceOf(ConfigError);
      expect((error as Error).message).to.match(/unknown (?:option|key) 'feature'/);
    });
});
