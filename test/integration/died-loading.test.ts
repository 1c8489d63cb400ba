import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { DiesLoadingProducer } from '../fixtures/producers/dies-loading-producer.ts';
import { LogLines } from '../support/log-lines.ts';
import { until } from '../support/until.ts';

describe('a worker that dies while it loads the module of a class', () => {
  it('is said to, with the name of the module', async () => {
    const logger = new LogLines();
    const producer = new DiesLoadingProducer({ type: 'custom', name: 'dies' }, { logger });
    producer.produce({ value: 1 });
    await until(() => logger.all.includes('the worker died'));
    const path = fileURLToPath(DiesLoadingProducer.module);
    expect(logger.all).to.contain(`the worker thread ended with code 1 while it loaded ${path}: the port is taken`);
    await producer.shutdown(0);
  });
});
