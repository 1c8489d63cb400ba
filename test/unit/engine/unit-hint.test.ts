import { expect } from 'chai';
import { MemoryProducer } from '../../../src/producers/memory/memory-producer.ts';
import { ProducerRuntime } from '../../../src/runtime.ts';
import { type LogLine, noting } from '../../support/engine-rig.ts';
import { yamlFile } from '../../unit/config/helpers.ts';

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
      await call(producer);
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

  it('is warned of by a runtime', async () => {
    const runtime = await ProducerRuntime.fromFile(await yamlFile('producers: [{ type: memory, name: m }]\n'), {
      logger: noting(lines),
    });
    await runtime.send(MESSAGE, { timeout: 15 });
    await runtime.shutdown(10);
    expect(warnings()).to.deep.equal([
      "timeout: 15 means milliseconds; write '15s' if seconds were meant, or '15ms' to say so",
    ]);
  });
});
