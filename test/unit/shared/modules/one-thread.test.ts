import { MessageChannel, Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { FileProducer, HttpProducer, KafkaProducer, MemoryProducer, ProducerRuntime } from '../../../../src/index.ts';
import { quiet } from '../../../support/quiet.ts';
import { yamlFile } from '../../config/helpers.ts';

const OPTIONS = { logger: quiet };
const TEXT = 'one producer a thread: make a producer in the thread that uses it';

const MADE: Readonly<Record<string, () => unknown>> = {
  'a producer of Kafka': () => new KafkaProducer({ type: 'kafka', name: 'k' }, OPTIONS),
  'a producer of HTTP': () => new HttpProducer({ type: 'http', name: 'h', url: 'http://localhost' }, OPTIONS),
  'a producer of lines': () => new FileProducer({ type: 'file', name: 'f', path: 'lines' }, OPTIONS),
  'a producer in memory': () => new MemoryProducer({ type: 'memory', name: 'm' }, OPTIONS),
  'a runtime': async () =>
    ProducerRuntime.fromFile(await yamlFile('producers: [{ type: memory, name: m }]\n'), OPTIONS),
};

const WAYS: Readonly<Record<string, (value: unknown) => unknown>> = {
  postMessage: (value) => new MessageChannel().port1.postMessage(value),
  workerData: (value) => new Worker('', { eval: true, workerData: value }),
  structuredClone: (value) => structuredClone(value),
};

describe('what belongs to one thread', () => {
  for (const [what, make] of Object.entries(MADE))
    for (const [way, pass] of Object.entries(WAYS))
      it(`says so when it is passed to another: ${what} by ${way}`, async () => {
        const made = await make();
        expect(() => pass(made)).to.throw(TEXT);
        expect(() => pass({ list: [made] })).to.throw(TEXT);
      });
});
