/** `log_deliveries`: a line for each message, and none without it. */

import { expect } from 'chai';
import { deliveryLog } from '../../../src/engine/delivery-log.ts';
import { Message } from '../../../src/message.ts';
import { MemoryProducer } from '../../../src/producers/memory/memory-producer.ts';
import { LogLines } from '../../support/log-lines.ts';

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

describe('log_deliveries', () => {
  it('makes no listener, and so no reports, where it is off', () => {
    expect(deliveryLog('off', new LogLines())).to.deep.equal([]);
  });

  for (const level of ['debug', 'info'] as const)
    it(`logs a delivery at ${level}, with its place, key and latency`, () => {
      const log = new LogLines();
      for (const listener of deliveryLog(level, log)) listener(null, report);
      expect(log.lines.map((line) => line.level)).to.deep.equal([level]);
      expect(log.all).to.contain('"topic":"t","partition":3,"offset":7,"key":"ff","latencyMs":5');
    });

  it('logs a failure as an error, with its reason', () => {
    const log = new LogLines();
    for (const listener of deliveryLog('debug', log)) listener(new Error('too large'), report);
    expect(log.lines.map((line) => line.level)).to.deep.equal(['error']);
    expect(log.all).to.contain('"err":"too large"');
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
