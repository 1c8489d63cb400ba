/** `log_deliveries`: a line for each message, and none without it. */

import { expect } from 'chai';
import { deliveryLog } from '../../../../src/caller/settlement/delivery-log.ts';
import { MemoryProducer } from '../../../../src/kinds/memory/memory-producer.ts';
import { Message } from '../../../../src/shared/message/message.ts';
import { LogLines } from '../../../support/log-lines.ts';

const PARTS = { topic: 't', headers: [], partition: null, timestamp: null, isError: false };
const report = {
  producer: 'p',
  topic: 't',
  partition: 3,
  offset: 7,
  timestamp: null,
  latencyMs: 5,
  message: new Message({ ...PARTS, value: Buffer.from('1'), key: Buffer.from([255]) }),
};

const LOST = { outcome: 'dropped', isAwaited: false } as const;

describe('log_deliveries', () => {
  it('makes no listener, and so no reports, where it is off', () => {
    expect(deliveryLog('off', new LogLines())).to.deep.equal([]);
  });

  for (const level of ['debug', 'info'] as const)
    it(`logs a delivery at ${level}, with its place, key and latency`, () => {
      const log = new LogLines();
      for (const listener of deliveryLog(level, log))
        listener(null, report, { outcome: 'delivered', isAwaited: false });
      expect(log.lines.map((line) => line.level)).to.deep.equal([level]);
      expect(log.all).to.contain('"topic":"t","partition":3,"offset":7,"key":"ff","latencyMs":5');
    });

  it('logs a failure as an error, with its reason', () => {
    const log = new LogLines();
    for (const listener of deliveryLog('debug', log)) listener(new Error('too large'), report, LOST);
    expect(log.lines.map((line) => line.level)).to.deep.equal(['error']);
    expect(log.all).to.contain('"err":"too large"');
  });

  for (const [bytes, key] of [
    ['order-1 é', 'order-1 é'],
    ['', ''],
    ['a\nb', '610a62'],
    [null, null],
  ] as const)
    it(`shows the key ${JSON.stringify(bytes)} as ${JSON.stringify(key)}`, () => {
      const log = new LogLines();
      const message = new Message({ ...PARTS, value: null, key: bytes === null ? null : Buffer.from(bytes) });
      for (const listener of deliveryLog('info', log))
        listener(null, { ...report, message }, { outcome: 'delivered', isAwaited: false });
      expect(log.all).to.contain(`"key":${JSON.stringify(key)},`);
    });

  it('leaves a message that a caller waits for to the line of send', () => {
    const log = new LogLines();
    for (const listener of deliveryLog('info', log)) {
      listener(null, report, { outcome: 'delivered', isAwaited: true });
      listener(new Error('too large'), report, { ...LOST, isAwaited: true });
    }
    expect(log.lines).to.deep.equal([]);
  });

  it('is a setting of every producer', async () => {
    const log = new LogLines();
    const config = { type: 'memory', name: 'm', log_deliveries: 'info' } as const;
    const producer = new MemoryProducer(config, { logger: log });
    for (let key = 0; key < 3; key++) producer.produce({ value: 1, key: String(key) });
    await producer.shutdown();
    expect(log.lines.filter(({ text }) => text.startsWith('message delivered to m'))).to.have.length(3);
  });
});
