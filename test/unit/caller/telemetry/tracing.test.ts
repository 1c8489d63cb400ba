import * as api from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import type { DeadLetter } from '../../../../src/caller/dead-letters/dead-letter.ts';
import type { EngineOptions } from '../../../../src/caller/options.ts';
import { Guard } from '../../../../src/caller/telemetry/guard.ts';
import { Tracing } from '../../../../src/caller/telemetry/tracing.ts';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import { RecordWriter } from '../../../../src/shared/memory/record-writer.ts';
import type { Message } from '../../../../src/shared/message/message.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { type Registered, registerTelemetry, unregisterTelemetry } from '../../../support/open-telemetry.ts';
import { quiet } from '../../../support/quiet.ts';
import { type Script, ScriptedTransport } from '../../../support/scripted-transport.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

const OPTIONS = { isError: false, report: false };
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const PARENT_TRACE = '0af7651916cd43dd8448eb211c80319c';

const headersOf = ({ headers }: Message): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));

describe('the spans of messages', () => {
  const directory = temporaryDirectories();
  let telemetry: Registered;

  beforeEach(() => {
    telemetry = registerTelemetry();
  });
  afterEach(() => unregisterTelemetry());

  const own = () => telemetry.spans().filter(({ name }) => name.startsWith('send '));

  function rigOf(script: Script = () => {}, options: Partial<EngineOptions> = {}) {
    const seen: Message[] = [];
    const transport = new ScriptedTransport((value, attempt, message) => {
      seen.push(message);
      return script(value, attempt, message);
    });
    const destination = { system: 'kafka', server: 'broker' };
    const rig = new EngineRig(transport, { telemetry: { api, destination }, ...options });
    return { rig, engine: rig.engine, seen, transport };
  }

  it('begin in the call and end at settlement, with the caller as parent, and are written into the headers', async () => {
    const { engine, seen } = rigOf();
    const caller = telemetry.within('request', () => engine.accept({ value: 'a', topic: 'orders' }, OPTIONS));
    expect(own()).to.deep.equal([]);
    await engine.flush({ timeout: 5000 });
    const [span] = own();
    expect(span?.name).to.equal('send orders');
    expect(span?.kind).to.equal(api.SpanKind.PRODUCER);
    expect(span?.parentSpanContext?.spanId).to.equal(caller.spanId);
    expect(headersOf(seen[0] as Message)).to.deep.equal({
      traceparent: `00-${caller.traceId}-${span?.spanContext().spanId}-01`,
    });
    expect(span?.attributes).to.include({
      'messaging.system': 'kafka',
      'messaging.system.name': 'kafka',
      'messaging.destination.name': 'orders',
      'messaging.operation.name': 'send',
      'server.address': 'broker',
      'messaging.message.body.size': 3,
      'messaging.message.id': seen[0]?.id,
      'outspool.outcome': 'delivered',
    });
    expect(span?.status.code).to.equal(api.SpanStatusCode.UNSET);
    await engine.shutdown(1000);
  });

  it('carry baggage, behind the headers of the caller and before the mark of an error message', async () => {
    const { engine, seen } = rigOf(undefined, { settings: { topic: 'rig', errorTopic: 'rig' } as never });
    const baggage = api.propagation.createBaggage({ tenant: { value: 'a b' } });
    api.context.with(api.propagation.setBaggage(api.ROOT_CONTEXT, baggage), () =>
      engine.accept({ value: 1, headers: { own: 'x' } }, { ...OPTIONS, isError: true }),
    );
    await engine.flush({ timeout: 5000 });
    expect(seen[0]?.headers.map(([name]) => name)).to.deep.equal([
      'own',
      'traceparent',
      'baggage',
      'outspool-is-error',
    ]);
    expect(headersOf(seen[0] as Message).baggage).to.equal('tenant=a%20b');
    await engine.shutdown(1000);
  });

  it('leave a context alone that the message has: it becomes a link, and the parent where no span is active', async () => {
    const { engine, seen } = rigOf();
    engine.accept({ value: 1, headers: { Traceparent: PARENT } }, OPTIONS);
    const caller = telemetry.within('request', () =>
      engine.accept({ value: 2, headers: [['traceparent', Buffer.from(PARENT)]] }, OPTIONS),
    );
    await engine.flush({ timeout: 5000 });
    const [alone, called] = own();
    expect(seen.map(headersOf)).to.deep.equal([{ Traceparent: PARENT }, { traceparent: PARENT }]);
    expect(alone?.parentSpanContext?.traceId).to.equal(PARENT_TRACE);
    expect(called?.parentSpanContext?.spanId).to.equal(caller.spanId);
    for (const span of [alone, called]) {
      expect(span?.kind).to.equal(api.SpanKind.CLIENT);
      expect(span?.links.map(({ context }) => context.traceId)).to.deep.equal([PARENT_TRACE]);
    }
    await engine.shutdown(1000);
  });

  it('leave a traceparent alone that nobody can read', async () => {
    const { engine, seen } = rigOf();
    engine.accept({ value: 1, headers: { traceparent: 'none' } }, OPTIONS);
    await engine.flush({ timeout: 5000 });
    expect(headersOf(seen[0] as Message)).to.deep.equal({ traceparent: 'none' });
    expect(own()[0]?.links).to.deep.equal([]);
    await engine.shutdown(1000);
  });

  it('end with the error of a message that is dead-lettered, and its target is called in the same trace', async () => {
    const letters: DeadLetter[] = [];
    const traces: (string | undefined)[] = [];
    const deadLetter = (letter: DeadLetter) => {
      letters.push(letter);
      traces.push(api.trace.getSpanContext(api.context.active())?.traceId);
    };
    const fail = () => {
      throw Object.assign(new PermanentSendError('too large'), { kafkaName: 'MSG_SIZE_TOO_LARGE' });
    };
    const { engine } = rigOf(fail, { deadLetter });
    const caller = telemetry.within('request', () => engine.accept({ value: 1 }, OPTIONS));
    telemetry.within('another', () => engine.accept({ value: 2 }, OPTIONS));
    await until(() => own().length === 2);
    const [span] = own();
    expect(span?.status).to.deep.equal({ code: api.SpanStatusCode.ERROR, message: 'too large' });
    expect(span?.attributes).to.include({ 'outspool.outcome': 'dead_lettered', 'error.type': 'MSG_SIZE_TOO_LARGE' });
    expect(headersOf(letters[0]?.message as Message).traceparent).to.include(caller.traceId);
    expect(traces).to.deep.equal(own().map((one) => one.spanContext().traceId));
    await engine.shutdown(1000);
  });

  /** A rig that never connects, so that its messages stay in the queue. */
  function neverConnected(options: Partial<EngineOptions>) {
    const made = rigOf(undefined, { maxMessages: 2, ...options });
    made.transport.onConnect = () => new Promise(() => {});
    return made.engine;
  }

  it('end for messages that are refused, withdrawn or left at the end', async () => {
    const engine = neverConnected({ whenFull: 'reject' });
    await engine.send({ value: 1 }, { isError: false }, { timeout: 1 }).catch(() => {});
    expect(() => engine.accept({ value: undefined }, OPTIONS)).to.throw();
    for (const value of [2, 3]) engine.accept({ value }, OPTIONS);
    expect(() => engine.accept({ value: 4 }, OPTIONS)).to.throw('full');
    await engine.shutdown(50);
    const ended = own().map(({ attributes }) => [attributes['outspool.outcome'], attributes['error.type']]);
    expect(ended).to.deep.equal([
      ['expired', 'expired'],
      ['refused', 'ERR_OUTSPOOL_QUEUE_FULL'],
      ['undelivered', 'ERR_OUTSPOOL_SHUTDOWN_TIMEOUT'],
      ['undelivered', 'ERR_OUTSPOOL_SHUTDOWN_TIMEOUT'],
    ]);
  });

  it('end for messages that wait for capacity in vain, and for those that are dropped', async () => {
    const blocking = neverConnected({ maxMessages: 1 });
    await blocking.acceptWhenRoom({ value: 1 }, OPTIONS, {});
    await blocking.acceptWhenRoom({ value: 2 }, OPTIONS, { timeout: 1 }).then(
      () => expect.fail('it was accepted'),
      () => {},
    );
    expect(own().map(({ attributes }) => attributes['outspool.outcome'])).to.deep.equal(['refused']);
    const dropping = neverConnected({ maxMessages: 1, whenFull: 'drop_oldest' });
    for (const value of [1, 2]) dropping.accept({ value }, OPTIONS);
    await Promise.resolve();
    const newest = neverConnected({ maxMessages: 1, whenFull: 'drop_newest' });
    for (const value of [1, 2]) newest.accept({ value }, OPTIONS);
    expect(own().map(({ attributes }) => attributes['outspool.outcome'])).to.deep.equal([
      'refused',
      'dropped',
      'dropped',
    ]);
    for (const engine of [blocking, dropping, newest]) await engine.shutdown(20);
  });

  it('end when the memory of a message is given back, and a restart makes a second one of the same trace', async () => {
    const spool = { directory: directory(), maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 0 };
    const first = rigOf(undefined, { spool });
    first.transport.onConnect = () => new Promise(() => {});
    const caller = telemetry.within('request', () => first.engine.accept({ value: 1 }, OPTIONS));
    await until(() => first.engine.stats().pendingBy.onDiskOnly === 1 || first.engine.stats().spool?.bytes !== 0);
    await first.engine.shutdown(100);
    expect(['spooled', 'on_disk_only']).to.include(own()[0]?.attributes['outspool.outcome']);
    const second = rigOf(undefined, { spool });
    await second.engine.start({ timeout: 5000 });
    await until(() => own().length === 2);
    const [left, recovered] = own();
    expect(recovered?.spanContext().traceId).to.equal(caller.traceId);
    expect(recovered?.parentSpanContext?.spanId).to.equal(left?.spanContext().spanId);
    expect(recovered?.attributes).to.include({ 'outspool.outcome': 'delivered', 'messaging.message.body.size': 1 });
    expect(recovered?.attributes['messaging.message.id']).to.equal(second.seen[0]?.id);
    await second.engine.shutdown(1000);
  });

  it('are not made where the sampler refuses, and the headers say so', async () => {
    unregisterTelemetry();
    telemetry = registerTelemetry({ sampler: new AlwaysOffSampler() });
    const { engine, seen } = rigOf();
    engine.accept({ value: 1 }, OPTIONS);
    await engine.flush({ timeout: 5000 });
    expect(headersOf(seen[0] as Message).traceparent).to.match(/-00$/);
    expect(own()).to.deep.equal([]);
    await engine.shutdown(1000);
  });

  it('are not made, and nothing is written, where no SDK is registered or no API was passed', async () => {
    unregisterTelemetry();
    for (const options of [{}, { telemetry: undefined }]) {
      const { engine, seen } = rigOf(undefined, options);
      engine.accept({ value: 1 }, OPTIONS);
      await engine.flush({ timeout: 5000 });
      expect(seen[0]?.headers).to.deep.equal([]);
      await engine.shutdown(1000);
    }
  });

  it('are made from the moment at which an SDK is registered', async () => {
    unregisterTelemetry();
    const { rig, engine, seen } = rigOf();
    rig.produce(1);
    telemetry = registerTelemetry();
    rig.produce(2);
    await engine.flush({ timeout: 5000 });
    expect(seen.map(({ headers }) => headers.length)).to.deep.equal([0, 1]);
    expect(own()).to.have.lengthOf(1);
    await engine.shutdown(1000);
  });

  it('are named as the kind names its destination, also for error messages and topics of their own', async () => {
    const destination = { system: 'rabbitmq', name: (topic: string, isError: boolean) => `x:${topic}:${isError}` };
    const { engine } = rigOf(undefined, { telemetry: { api, destination } });
    engine.accept({ value: 1 }, OPTIONS);
    engine.accept({ value: 2 }, { ...OPTIONS, isError: true });
    engine.accept({ value: 3, topic: 'own' }, OPTIONS);
    await engine.flush({ timeout: 5000 });
    const names = ['x:rig:false', 'x:rig-errors:true', 'x:own:false'];
    expect(own().map(({ name }) => name)).to.deep.equal(names.map((name) => `send ${name}`));
    expect(own().map(({ attributes }) => attributes['messaging.destination.name'])).to.deep.equal(names);
    await engine.shutdown(1000);
  });

  it('all end: there are as many as were started, whatever became of their messages', async () => {
    let started = 0;
    const count = {
      onStart: () => void started++,
      onEnd: () => {},
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    unregisterTelemetry();
    telemetry = registerTelemetry({ processor: count });
    const { engine } = rigOf((value) => {
      if (value === 7) throw new PermanentSendError('no');
      return value === 20 ? new Promise(() => {}) : undefined;
    });
    for (let value = 0; value < 30; value++) engine.accept({ value }, OPTIONS);
    await engine.shutdown(100);
    expect(own()).to.have.lengthOf(started);
    expect(started).to.equal(30);
  });

  it('have room: a route that asks for capacity reckons with the headers that are added', () => {
    const context = { api, destination: { system: 'memory' }, producer: 'p', topics: { topic: 't', errorTopic: 'e' } };
    const guard = new Guard({ producer: 'p', logger: quiet });
    const tracing = new Tracing({ ...context, guard });
    const sizeOf = () => {
      const writer = new RecordWriter();
      const injector = tracing.begin(false);
      writer.prepare({ value: 1 }, { injector });
      return writer.exactSize;
    };
    const baggage = api.propagation.createBaggage({ tenant: { value: 'ä'.repeat(100) } });
    for (const context of [api.ROOT_CONTEXT, api.propagation.setBaggage(api.ROOT_CONTEXT, baggage)])
      api.context.with(context, () => {
        const writer = new RecordWriter();
        writer.prepare({ value: 1 });
        expect(writer.exactSize + tracing.addedBytes).to.be.at.least(sizeOf());
      });
    unregisterTelemetry();
    expect(tracing.addedBytes).to.equal(0);
  });

  for (const [what, name, value] of [
    ['no name', '', 'a'],
    ['a NUL in its name', 'a\0b', 'a'],
    ['a number as its value', 'a', 1],
    ['half a character', 'a', '\ud800'],
  ] as const)
    it(`have the other headers of a propagator that sets one with ${what}`, async () => {
      api.propagation.disable();
      api.propagation.setGlobalPropagator({
        inject: (_context, carrier, setter) => {
          setter.set(carrier, name, value as string);
          setter.set(carrier, 'good', 'yes');
        },
        extract: (context) => context,
        fields: () => [],
      });
      const { rig, engine, seen } = rigOf();
      rig.produce(1);
      await engine.flush({ timeout: 5000 });
      expect(headersOf(seen[0] as Message)).to.deep.equal({ good: 'yes' });
      expect(rig.logs.filter(({ message }) => message.startsWith('OpenTelemetry failed'))).to.have.lengthOf(1);
      await engine.shutdown(1000);
    });

  it('are at most ten thousand that have not ended; those of further messages end as they are accepted', async () => {
    const { rig, engine } = rigOf(() => new Promise(() => {}), { maxBytes: 2 ** 23 });
    for (let value = 0; value < 10_003; value++) rig.produce(value);
    expect(own().map(({ attributes }) => attributes['outspool.outcome'])).to.deep.equal(Array(3).fill('queued'));
    await engine.shutdown(0);
    expect(own()).to.have.lengthOf(10_003);
  });

  it('do not keep a dead letter from its target where the context manager throws', async () => {
    const letters: DeadLetter[] = [];
    const { engine } = rigOf(
      () => {
        throw new PermanentSendError('no');
      },
      { deadLetter: (letter) => void letters.push(letter) } as Partial<EngineOptions>,
    );
    engine.accept({ value: 1 }, OPTIONS);
    api.context.disable();
    api.context.setGlobalContextManager({
      active: () => api.ROOT_CONTEXT,
      with: () => {
        throw new Error('a broken context manager');
      },
      bind: (_context, target) => target,
      enable: () => api.context as never,
      disable: () => api.context as never,
    });
    await engine.flush({ timeout: 5000 });
    expect(letters).to.have.lengthOf(1);
    await engine.shutdown(1000);
  });

  it('do not keep a message from being sent when OpenTelemetry throws, which is logged once', async () => {
    api.propagation.disable();
    api.propagation.setGlobalPropagator({
      inject: () => {
        throw new Error('a broken propagator');
      },
      extract: (context) => context,
      fields: () => [],
    });
    const { rig, engine, transport } = rigOf();
    rig.produce(1, 2);
    await engine.flush({ timeout: 5000 });
    expect(transport.delivered).to.deep.equal([1, 2]);
    expect(rig.logs.filter(({ message }) => message.startsWith('OpenTelemetry failed'))).to.have.lengthOf(1);
    expect(own()).to.have.lengthOf(2);
    await engine.shutdown(1000);
  });
});
