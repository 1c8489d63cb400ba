import { expect } from 'chai';
import { MemoryProducer } from '../../../src/kinds/memory/memory-producer.ts';
import { ProducerRuntime } from '../../../src/runtime.ts';
import { type LogLine, noting } from '../../support/engine-rig.ts';
import { yamlFile } from '../config/helpers.ts';

const MESSAGE = { value: 1 };

describe('a duration that may have been meant in seconds', () => {
  let lines: LogLine[];
  let producer: MemoryProducer;
  const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

  beforeEach(() => {
    lines = [];
    producer = new MemoryProducer({ type: 'memory', name: 'm' }, { logger: noting(lines) });
  });
  afterEach(() => producer.shutdown());

  const CALLS: Readonly<Record<string, (one: MemoryProducer) => unknown>> = {
    flush: (one) => one.flush(30),
    shutdown: (one) => one.shutdown(10),
    timeout: (one) => one.send(MESSAGE, { timeout: 99 }),
    'timeout of start': (one) => one.start({ timeout: 99 }),
    'timeout of publish': (one) => one.publish('t', 1, { timeout: 5 }),
  };
  for (const [what, call] of Object.entries(CALLS))
    it(`is warned of once, with its unit: ${what}`, async () => {
      await Promise.resolve(call(producer)).catch(() => {}); // so short a time may be over before the call is through
      await producer.flush(20);
      expect(warnings()).to.have.length(1);
      expect(warnings()[0]).to.match(
        /^(flush|shutdown|timeout): \d+ means milliseconds; write '\d+s' if seconds were meant/,
      );
    });

  it('is not one where it says its unit, is no time at all, or is long', async () => {
    await producer.flush('30ms');
    await producer.send(MESSAGE, { timeout: 100 });
    await producer.flush(0).catch(() => {});
    await producer.shutdown(0);
    expect(warnings()).to.deep.equal([]);
  });

  const OF_A_RUNTIME: Readonly<Record<string, (runtime: ProducerRuntime) => unknown>> = {
    send: (runtime) => runtime.send(MESSAGE, { timeout: 15 }),
    start: (runtime) => runtime.start({ timeout: 15 }).catch(() => {}),
    flush: (runtime) => runtime.flush(15),
    check: (runtime) => runtime.check({ timeout: 15 }),
    waitForRoom: (runtime) => runtime.waitForRoom({ timeout: 15 }),
    shutdown: (runtime) => runtime.shutdown(15),
  };
  for (const [what, call] of Object.entries(OF_A_RUNTIME))
    it(`is warned of once by a runtime of several producers: ${what}`, async () => {
      const yaml = await yamlFile(
        'producers: [{ type: memory, name: m }, { type: memory, name: n }]\nroutes: [{ to: [m, n] }]\n',
      );
      const runtime = await ProducerRuntime.fromFile(yaml, { logger: noting(lines) });
      await call(runtime);
      await runtime.shutdown(10);
      expect(warnings()).to.have.length(1);
      expect(warnings()[0]).to.match(/^(flush|shutdown|timeout): 15 means milliseconds; write '15s'/);
    });
});
