/** Each outcome of a message has one line in the log, whichever call has brought the message. */

import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { MemoryProducer } from '../../../../src/kinds/memory/memory-producer.ts';
import { PermanentSendError, TransientSendError } from '../../../../src/shared/errors.ts';
import { LogLines } from '../../../support/log-lines.ts';
import { PATIENT } from '../../../support/until.ts';

type Options = ConstructorParameters<typeof MemoryProducer>[1];
type Config = Partial<ConstructorParameters<typeof MemoryProducer>[0]>;

const KEY = 'the-one';
const refused = () => new PermanentSendError('refused');
const busy = () => new TransientSendError('busy');
const other = (producer: MemoryProducer) => producer.produce({ value: 0, key: 'another' });

interface Ending {
  readonly config?: Config;
  readonly options?: Options;
  /** Before the message. */
  readonly before?: (producer: MemoryProducer) => unknown;
  /** After it, in the same turn. */
  readonly after?: (producer: MemoryProducer) => unknown;
  readonly timeout?: number;
  /** Milliseconds that the shutdown may take. */
  readonly end?: number;
  /** What the line says, where a call can end so. */
  readonly sent: RegExp;
  readonly produced?: RegExp;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  delivered: { sent: /^message sent to m /, produced: /^message delivered to m / },
  'dead-lettered': {
    options: { deadLetter: () => {} },
    before: (producer) => producer.failWhen(refused),
    sent: /"outcome":"dead_lettered"/,
    produced: /"outcome":"dead_lettered"/,
  },
  'dropped, without a target': {
    before: (producer) => producer.failWhen(refused),
    sent: /"outcome":"dropped"/,
    produced: /"outcome":"dropped"/,
  },
  'dropped for a newer one': {
    config: { queue: { max_messages: 1, when_full: 'drop_oldest' } },
    after: other,
    sent: /"outcome":"dropped"/,
    produced: /"outcome":"dropped"/,
  },
  undelivered: {
    before: (producer) => producer.failWhen(busy),
    end: 0,
    sent: /"outcome":"undelivered"/,
    produced: /"outcome":"undelivered"/,
  },
  expired: {
    before: async (producer) => {
      producer.failWhen(busy);
      for (let lease = 0; lease < 40; lease++) {
        other(producer);
        await turn();
      }
    },
    timeout: 1,
    end: 0,
    sent: /"outcome":"withdrawn"/,
  },
};

const CALLS: Readonly<Record<string, (producer: MemoryProducer, timeout: number) => unknown>> = {
  send: (producer, timeout) => producer.send({ value: 1, key: KEY }, { timeout: `${timeout}ms` }),
  produce: (producer) => producer.produce({ value: 1, key: KEY }),
  enqueue: (producer) => producer.enqueue({ value: 1, key: KEY }),
};

describe('the log of one message', () => {
  const levels = ['off', 'debug', 'info'] as const;

  async function linesOf(ending: Ending, call: string, level: (typeof levels)[number]): Promise<LogLines> {
    const { config, options, before, after, timeout = PATIENT.timeout, end = PATIENT.timeout } = ending;
    const log = new LogLines();
    const producer = new MemoryProducer(
      { type: 'memory', name: 'm', log_deliveries: level, ...config },
      { logger: log, ...options },
    );
    await before?.(producer);
    const called = Promise.resolve(CALLS[call]?.(producer, timeout)).catch(() => {});
    after?.(producer);
    if (ending.timeout !== undefined) await called;
    if (end > 0) await producer.flush(end);
    await producer.shutdown(end);
    await called;
    return log;
  }

  for (const [name, ending] of Object.entries(ENDINGS))
    for (const call of Object.keys(CALLS))
      for (const level of levels) {
        const says = call === 'send' ? ending.sent : level === 'off' ? undefined : ending.produced;
        if (call !== 'send' && ending.produced === undefined) continue; // no caller waits, so none gives up
        const lines = says === undefined ? 'no line' : 'one line';
        it(`has ${lines} of a message by ${call} that was ${name} (log_deliveries: ${level})`, async () => {
          const log = await linesOf(ending, call, level);
          const found = log.lines.filter(({ text }) => text.includes(`"key":"${KEY}"`));
          expect(
            found.map(({ text }) => text),
            log.all,
          ).to.have.length(says === undefined ? 0 : 1);
          if (says === undefined) return;
          expect(found[0]?.text).to.match(says);
          const quiet = level === 'info' ? 'info' : 'debug';
          expect(found[0]?.level).to.equal(name === 'delivered' ? quiet : 'error');
          if (level !== 'off') expect(log.all).not.to.match(/message dead-lettered |message dropped: /);
        });
      }
});
